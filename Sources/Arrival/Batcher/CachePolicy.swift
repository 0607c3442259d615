/// What keeps the futures of a ``Batcher`` after they were loaded.
///
/// ```swift
/// let users = Batcher<Int, User>("users", cache: .lru(10_000)) { … }
/// ```
///
/// A hit is the future of the earlier load, whether it has arrived or not. A future that failed is no
/// hit unless errors are kept; one that was cancelled never is. Only loads without a lane are kept.
public struct CachePolicy<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// A cache as the batcher uses it.
  enum Cache: Sendable {
    /// One of ours, under the batcher's lock.
    case own(CacheTable<Key, Value>)
    /// One of the user's, never under a lock.
    case users(UsersCache<Key, Value>)
  }

  let make: @Sendable () -> Cache?

  /// Nothing is kept: each load is sent, unless an equal key is in the same batch.
  public static var none: Self { Self { nil } }

  /// The futures of at most `maxCount` keys are kept; the one least recently used goes first.
  ///
  /// - Parameters:
  ///   - maxCount: at least 1.
  ///   - keepsErrors: whether a future that failed is a hit.
  public static func lru(_ maxCount: Int, keepsErrors: Bool = false) -> Self {
    precondition(maxCount > 0, "a cache has room for at least one key; .none is no cache")
    return Self { .own(CacheTable(capacity: maxCount, keepsErrors: keepsErrors)) }
  }

  /// The futures are kept by a cache of yours.
  ///
  /// - Parameters:
  ///   - cache: what keeps them. Where it throws, the key is loaded.
  ///   - keepsErrors: whether a future that failed is a hit.
  public static func custom(
    _ cache: some BatcherCache<Key, Value>, keepsErrors: Bool = false
  ) -> Self {
    let cache = UsersCache(cache: cache, keepsErrors: keepsErrors)
    return Self { .users(cache) }
  }
}

/// A cache of yours for the futures of a ``Batcher``: see ``CachePolicy/custom(_:keepsErrors:)``.
///
/// Its methods are called on whatever thread loads, also several at once, and never under a lock of
/// Arrival's. They should be quick and must not wait. Each may throw what it likes: a load then goes on
/// as if there were no cache.
public protocol BatcherCache<Key, Value>: Sendable {
  associatedtype Key: Hashable & Sendable
  associatedtype Value: Sendable

  /// The future that is kept for a key.
  func future(for key: Key) throws -> Future<Value>?

  /// Keeps a future, instead of the one that was kept for its key. It may be pending.
  func store(_ future: Future<Value>, for key: Key) throws

  /// Forgets the future of a key.
  func remove(_ key: Key) throws

  /// Forgets all futures.
  func removeAll() throws
}

extension Batcher {
  /// Puts a value into the cache that has become known in another way. Does nothing if the cache has
  /// the key: to replace what it has, ``clear(_:)`` the key first.
  ///
  /// - Returns: whether the value was put in; `false` too if there is no cache, or it threw.
  @discardableResult
  public func prime(
    _ key: Key, _ value: Value,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Bool {
    let future = Future(value: value, function: function, file: file, line: line)
    switch gate?.cache {
    case .own(let table):
      return core.locked {
        if table.hit(key) != nil { return false }
        table.store(future, key)
        return true
      }
    case .users(let cache): return cache.hit(key) == nil && cache.store(future, key)
    case nil: return false
    }
  }

  /// Forgets what the cache has of a key, so that the next load of it is sent. Call it after a change
  /// of what the key stands for. A load that is pending goes on for those who have its future.
  public func clear(_ key: Key) {
    switch gate?.cache {
    case .own(let table): core.locked { table.remove(key) }
    case .users(let cache): cache.remove(key)
    case nil: break
    }
  }

  /// Forgets all that the cache has.
  public func clearAll() {
    switch gate?.cache {
    case .own(let table): core.locked { table.removeAll() }
    case .users(let cache): cache.removeAll()
    case nil: break
    }
  }
}

extension Future {
  /// Whether it answers a later load too.
  fileprivate func isHit(keepsErrors: Bool) -> Bool {
    guard done(), let error = failure?.error else { return true }
    return keepsErrors && !(error is CancellationError)
  }
}

/// A bounded cache.
///
/// `@unchecked Sendable`: used under the batcher's lock alone.
final class CacheTable<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
  private var futures: LRUTable<Key, Future<Value>>
  private let keepsErrors: Bool

  init(capacity: Int, keepsErrors: Bool) {
    futures = LRUTable(capacity: capacity)
    self.keepsErrors = keepsErrors
  }

  func hit(_ key: Key) -> Future<Value>? {
    guard let future = futures.value(for: key) else { return nil }
    return future.isHit(keepsErrors: keepsErrors) ? future : nil
  }

  func store(_ future: Future<Value>, _ key: Key) { futures.set(future, for: key) }
  func remove(_ key: Key) { futures.remove(key) }
  func removeAll() { futures.removeAll() }
}

/// A cache of the user's; what it throws is a miss.
struct UsersCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  let cache: any BatcherCache<Key, Value>
  let keepsErrors: Bool

  func hit(_ key: Key) -> Future<Value>? {
    guard let future = (try? cache.future(for: key)) ?? nil else { return nil }
    return future.isHit(keepsErrors: keepsErrors) ? future : nil
  }

  @discardableResult
  func store(_ future: Future<Value>, _ key: Key) -> Bool {
    (try? cache.store(future, for: key)) != nil
  }

  func remove(_ key: Key) { try? cache.remove(key) }
  func removeAll() { try? cache.removeAll() }
}

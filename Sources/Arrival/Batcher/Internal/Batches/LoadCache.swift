/// The cache of a batcher.
enum LoadCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// One of ours, asked under the batcher's lock.
  case builtIn(CacheTable<Key, Value>)
  /// One of the user's, never asked under a lock.
  case custom(CustomCache<Key, Value>)
}

/// A bounded cache.
///
/// `@unchecked Sendable`: used only under the batcher's lock.
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

/// A cache of the user's. An error that it throws is a miss.
struct CustomCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
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

extension Future {
  /// Whether it answers a later load too.
  fileprivate func isHit(keepsErrors: Bool) -> Bool {
    guard done(), let error = failure?.error else { return true }
    return keepsErrors && !(error is CancellationError)
  }
}

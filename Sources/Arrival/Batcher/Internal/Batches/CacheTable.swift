// SPDX-License-Identifier: Apache-2.0
/// A cache of ours: futures by key, and which failed ones are hits.
///
/// Which errors are kept is the user's code, and that is never called under a lock. So an entry
/// whose future failed is judged outside of it, and keeps the judgement.
///
/// `@unchecked Sendable`: all but `keepsErrors` is used only under the batcher's lock.
final class CacheTable<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
  enum Found {
    case hit(Future<Value>)
    /// The load has failed, and whether its error is kept was not decided yet.
    case failed(Future<Value>)
    case miss
  }

  let keepsErrors: KeepsErrors?
  private let entries: CacheEntries<Key, Value>

  init(_ entries: CacheEntries<Key, Value>, keepsErrors: KeepsErrors?) {
    self.entries = entries
    self.keepsErrors = keepsErrors
  }

  /// Whether an entry goes when its load ends, so that something has to watch the load.
  var keepsOnlyPending: Bool { entries.keepsOnlyPending }

  /// - Parameter marks: whether the key counts as used now.
  func find(_ key: Key, marks: Bool = true) -> Found {
    guard let entry = entries.entry(for: key, marks: marks) else { return .miss }
    guard entry.future.done(), let error = entry.future.failure?.error else {
      return .hit(entry.future)
    }
    if error is CancellationError { return .miss }
    return switch entry.isErrorKept {
    case true: .hit(entry.future)
    case false: .miss
    case nil: keepsErrors == nil ? .miss : .failed(entry.future)
    }
  }

  /// As `find`; `failed` is what was not decided yet.
  func hit(_ key: Key, failed: inout Future<Value>?) -> Future<Value>? {
    switch find(key) {
    case .hit(let future): return future
    case .failed(let future): failed = future
    case .miss: break
    }
    return nil
  }

  /// The error of a load is kept, or is not.
  func decide(_ future: Future<Value>, _ key: Key, isKept: Bool) {
    guard entries.entry(for: key, marks: false)?.future === future else { return }
    entries.decide(key, isErrorKept: isKept)
  }

  /// - Parameter owner: who removes the future when it ends.
  func store(_ future: Future<Value>, _ key: Key, owner: AnyObject? = nil) {
    entries.store(future, key, owner: owner)
  }

  func remove(_ key: Key) { entries.remove(key) }

  /// Removes what an owner has stored, if the key still has it.
  func remove(_ key: Key, of owner: AnyObject) { entries.remove(key, of: owner) }

  func removeAll() { entries.removeAll() }
}

/// What a ``CacheTable`` keeps of a key.
struct CacheEntry<Value: Sendable> {
  let future: Future<Value>
  /// When its value is a hit no longer.
  let expiry: Expiry?
  /// Whether its error is a hit; `nil` if that was not decided.
  var isErrorKept: Bool?

  struct Expiry {
    let executor: TaskletExecutor
    let time: Nanoseconds

    var hasPassed: Bool { executor.now() >= time }
  }

  var isOver: Bool { expiry.map { future.done() && $0.hasPassed } ?? false }
}

/// How a ``CacheTable`` keeps its entries. Each subclass is one way.
// `@unchecked Sendable`: used only under the batcher's lock.
class CacheEntries<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
  var keepsOnlyPending: Bool { false }

  func entry(for key: Key, marks: Bool) -> CacheEntry<Value>? { nil }
  func decide(_ key: Key, isErrorKept: Bool) {}
  func store(_ future: Future<Value>, _ key: Key, owner: AnyObject?) {}
  func remove(_ key: Key) {}
  func remove(_ key: Key, of owner: AnyObject) {}
  func removeAll() {}
}

/// The entries of ``CachePolicy/lru(_:timeToLive:keepsErrors:)``.
final class LRUEntries<Key: Hashable & Sendable, Value: Sendable>:
  // `@unchecked Sendable`: as its base class.
  CacheEntries<Key, Value>, @unchecked Sendable
{
  private var table: LRUTable<Key, CacheEntry<Value>>
  private let timeToLive: Duration?
  private let executor: TaskletExecutor?

  init(capacity: Int, timeToLive: Duration?, _ executor: TaskletExecutor?) {
    table = LRUTable(capacity: capacity)
    self.timeToLive = timeToLive
    self.executor = executor
  }

  override func entry(for key: Key, marks: Bool) -> CacheEntry<Value>? {
    guard let entry = marks ? table.value(for: key) : table.peek(key) else { return nil }
    if !entry.isOver { return entry }
    table.remove(key)
    return nil
  }

  override func decide(_ key: Key, isErrorKept: Bool) {
    table.update(key) { $0.isErrorKept = isErrorKept }
  }

  override func store(_ future: Future<Value>, _ key: Key, owner: AnyObject?) {
    let expiry = timeToLive.map { timeToLive in
      let executor = executor ?? .current
      return CacheEntry<Value>.Expiry(
        executor: executor, time: executor.now().advanced(by: timeToLive))
    }
    table.set(CacheEntry(future: future, expiry: expiry), for: key)
  }

  override func remove(_ key: Key) { table.remove(key) }
  override func removeAll() { table.removeAll() }
}

/// The entries of ``CachePolicy/inFlight``.
final class InFlightEntries<Key: Hashable & Sendable, Value: Sendable>:
  // `@unchecked Sendable`: as its base class.
  CacheEntries<Key, Value>, @unchecked Sendable
{
  private struct Load {
    let future: Future<Value>
    let owner: ObjectIdentifier?
  }

  private var loads: [Key: Load] = [:]

  override var keepsOnlyPending: Bool { true }

  override func entry(for key: Key, marks: Bool) -> CacheEntry<Value>? {
    guard let load = loads[key], !load.future.done() else { return nil }
    return CacheEntry(future: load.future, expiry: nil)
  }

  override func store(_ future: Future<Value>, _ key: Key, owner: AnyObject?) {
    if future.done() { return }
    loads[key] = Load(future: future, owner: owner.map { ObjectIdentifier($0) })
  }

  override func remove(_ key: Key) { loads[key] = nil }

  // Not by the future: another one may have taken its place in the batch.
  override func remove(_ key: Key, of owner: AnyObject) {
    if loads[key]?.owner == ObjectIdentifier(owner) { loads[key] = nil }
  }

  override func removeAll() { loads = [:] }
}

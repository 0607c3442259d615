// SPDX-License-Identifier: Apache-2.0
/// The cache of a batcher.
enum LoadCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// One of ours, asked under the batcher's lock.
  case builtIn(CacheTable<Key, Value>)
  /// One of the user's, never asked under a lock.
  case custom(CustomCache<Key, Value>)
}

/// Whether a load that failed with an error is a hit. Code of the user's.
typealias KeepsErrors = @Sendable (any Error) -> Bool

/// A cache of the user's. An error that it throws is a miss.
struct CustomCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  let cache: any BatcherCache<Key, Value>
  let keepsErrors: KeepsErrors?
  let core: BatcherCore

  func hit(_ key: Key) -> Future<Value>? {
    guard let future = trying(.get, { try cache.future(for: key) }) ?? nil,
      future.isHit(keepsErrors)
    else { return nil }
    return future
  }

  @discardableResult
  func store(_ future: Future<Value>, _ key: Key) -> Bool {
    trying(.store) { try cache.store(future, for: key) } != nil
  }

  func remove(_ key: Key) { trying(.remove) { try cache.remove(key) } }
  func removeAll() { trying(.removeAll) { try cache.removeAll() } }

  @discardableResult
  private func trying<Result>(
    _ operation: CacheOperation, _ body: () throws -> Result
  ) -> Result? {
    do {
      return try body()
    } catch {
      core.cacheFailed(operation, error)
      return nil
    }
  }
}

extension Future {
  /// Whether it answers a later load too. Calls code of the user's.
  func isHit(_ keepsErrors: KeepsErrors?) -> Bool {
    guard done(), let error = failure?.error else { return true }
    return !(error is CancellationError) && keepsErrors?(error) == true
  }
}

// SPDX-License-Identifier: Apache-2.0
/// The asynchronous cache behind a batcher: the part that knows no types.
// `@unchecked Sendable`: holds nothing; what its subclass holds never changes or is behind a lock.
class BatchBacking: @unchecked Sendable {
  /// What a cache had of a batch's keys.
  struct Answer: Sendable {
    /// How many loads it answered.
    var hits = 0
    /// How many loads still wait.
    var loads = 0
    /// The places of the keys for which they wait.
    var misses: [Int] = []
  }

  /// Asks the cache for the keys of a batch, and completes the futures of those that it has.
  nonisolated(nonsending) func answer(_ batch: BatchCore) async -> Answer { Answer() }

  /// Gives the cache the values of the keys at some places, and ends the batch for it.
  nonisolated(nonsending) func store(_ batch: BatchCore, _ places: [Int]) async {}
}

extension Lane {
  /// The cache that batches of the lane ask.
  // Here, as a lane is below all that a cache needs.
  var cache: BatchBacking? { backing.map { unsafeDowncast($0, to: BatchBacking.self) } }
}

/// The asynchronous cache behind a batcher.
final class Backing<Key: Hashable & Sendable, Value: Sendable>:
  // `@unchecked Sendable`: as its base class.
  BatchBacking, @unchecked Sendable
{
  /// The ledger, shared with the operation of `removals`.
  private final class Ledger: Sendable {
    let lock = Lock(BackingLedger<Key>())
  }

  private let cache: any BackingCache<Key, Value>
  private let core: BatcherCore
  private let ledger: Ledger
  /// Keys that are removed at the same time are removed in one call.
  private let removals: Batcher<Key, Void>

  init(_ cache: any BackingCache<Key, Value>, _ core: BatcherCore) {
    let ledger = Ledger()
    self.cache = cache
    self.core = core
    self.ledger = ledger
    removals = Batcher("\(core.name) removals", on: core.executor) { (keys: [Key]) in
      try await Self.perform(.remove, for: core, after: ledger) { try await cache.remove(keys) }
      return keys.map { _ in }
    }
  }

  // MARK: Batches

  override nonisolated(nonsending) func answer(_ batch: BatchCore) async -> Answer {
    let typed = unsafeDowncast(batch, to: Batch<Key, Value>.self)
    let removals = ledger.lock.withLock { $0.begin(batch.number, typed.keys) }
    for removal in removals { await removal.wait() }
    var hits = 0
    do {
      let found = try await cache.values(for: typed.distinctKeys)
      core.completeSome(of: batch) { hits = typed.complete(found: found) }
    } catch {
      failed(.get, error)
    }
    let (loads, misses) = core.locked { typed.wanted() }
    return Answer(hits: hits, loads: loads, misses: misses)
  }

  override nonisolated(nonsending) func store(_ batch: BatchCore, _ places: [Int]) async {
    let work = core.machine.withLock { $0.work(of: batch) }
    let typed = unsafeDowncast(batch, to: Batch<Key, Value>.self)
    let values = core.locked { typed.values(at: places) }
    let stored = ledger.lock.withLock { $0.beginStoring(batch.number, values, work: work) }
    defer { ledger.lock.withLock { $0.end(batch.number) } }
    if stored.isEmpty { return }
    do {
      try await cache.store(stored)
    } catch {
      failed(.store, error)
    }
  }

  private func failed(_ operation: CacheOperation, _ error: any Error) {
    // A batch that was cancelled is no fault of the cache's.
    if !Task.isCancelled { core.cacheFailed(operation, error) }
  }

  // MARK: Removals

  func remove(_ key: Key) -> Future<Void> {
    // Before the removal can begin: from now on no batch under way stores the key.
    ledger.lock.withLock { $0.willRemove(key) }
    let removal = removals.load(key)
    ledger.lock.withLock { $0.removes(key, removal) }
    removal.onCompletion { [ledger] _ in ledger.lock.withLock { $0.hasRemoved(key, removal) } }
    return removal
  }

  func removeAll() -> Future<Void> {
    ledger.lock.withLock { $0.willRemoveAll() }
    let removal = Future("removal of all keys of \(core.name)", on: core.executor) {
      [cache, core, ledger] in
      try await Self.perform(.removeAll, for: core, after: ledger) { try await cache.removeAll() }
    }
    ledger.lock.withLock { $0.removesAll(removal) }
    removal.onCompletion { [ledger] _ in ledger.lock.withLock { $0.hasRemovedAll(removal) } }
    return removal
  }

  private nonisolated(nonsending) static func perform(
    _ removal: CacheOperation, for core: BatcherCore, after ledger: Ledger,
    _ body: () async throws -> Void
  ) async throws {
    for work in ledger.lock.withLock({ $0.stores }) { await work.wait() }
    do {
      try await body()
    } catch {
      core.cacheFailed(removal, error)
      throw error
    }
  }
}

/// What a load has to ask before it joins a batch, if its batcher is to weigh, to keep apart or to
/// remember.
@usableFromInline
final class LoadGate<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  let weight: (@Sendable (Key) -> Int)?
  let conflicts: ConflictTable<Key>?
  let cache: CachePolicy<Key, Value>.Cache?

  /// `nil` if there is nothing to ask.
  init?(
    weight: (@Sendable (Key) -> Int)?, conflicts: ConflictTable<Key>?,
    cache: CachePolicy<Key, Value>.Cache?
  ) {
    if weight == nil, conflicts == nil, cache == nil { return nil }
    self.weight = weight
    self.conflicts = conflicts
    self.cache = cache
  }

  func weigh(_ key: Key) -> Int {
    guard let weight else { return 0 }
    let its = weight(key)
    precondition(its >= 0, "the weight of a key is zero or more; it is \(its) for \(key)")
    return its
  }
}

extension Batcher {
  /// A load that has something to ask, or a time limit, or a place that was kept for it.
  @usableFromInline
  func loadThroughGate(
    _ key: Key, lane: Lane?, _ limit: Duration?, _ site: SourceSite, hasRoom: Bool
  ) -> Future<Value> {
    guard lane == nil, let cache = gate?.cache else {
      return join(key, lane: lane, limit, site, hasRoom: hasRoom, table: nil)
    }
    let future: Future<Value>
    switch cache {
    case .own(let table):
      // Most loads are hits, and need nothing of what a miss does.
      future =
        core.hit(hasRoom: hasRoom, site) { table.hit(key) }
        ?? join(key, lane: nil, nil, site, hasRoom: hasRoom, table: table)
    case .users(let cache):
      if let hit = cache.hit(key) {
        future = core.hit(hasRoom: hasRoom, site) { hit } ?? hit
      } else {
        future = join(key, lane: nil, nil, site, hasRoom: hasRoom, table: nil)
        cache.store(future, key)
      }
    }
    // What the cache has belongs to others too, and their time is not up.
    guard let limit, !future.done() else { return future }
    return future.limited(to: limit, on: core.executor ?? .current, site)
  }

  /// - Parameter table: a cache, to be asked under the lock.
  private func join(
    _ key: Key, lane: Lane?, _ limit: Duration?, _ site: SourceSite, hasRoom: Bool,
    table: CacheTable<Key, Value>?
  ) -> Future<Value> {
    let executor = core.executor ?? .current
    let weight = gate?.weigh(key) ?? 0
    let claim = gate?.conflicts?.claim(for: key)
    var future: Future<Value>?
    let deadline = limit.map { executor.now().advanced(by: $0) }
    let terms = BatcherMachine.Terms(deadline: deadline, hasRoom: hasRoom) {
      [core, gate] open, hasRoom in
      if let hit = table?.hit(key) {
        future = hit
        return .hit
      }
      if !hasRoom { return .refused }
      if let claim, gate?.conflicts?.take(claim) == false {
        let load = HeldLoad(core, claim, lane, weight: weight, deadline: deadline) { batch in
          guard let future = claim.future else { return }
          unsafeDowncast(batch, to: Batch<Key, Value>.self)
            .add(key, future: unsafeDowncast(future, to: Future<Value>.self))
        }
        let new = Future<Value>(pending: nil, site: site, source: load)
        claim.future = new
        claim.load = load
        table?.store(new, key)
        future = new
        return .held(load)
      }
      guard weight > 0, let open else { return .joins(weight) }
      return .joins(unsafeDowncast(open, to: Batch<Key, Value>.self).has(key) ? 0 : weight)
    }
    core.load(lane: lane, terms: terms, site) { core in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let new = Future<Value>(pending: nil, site: site, source: batch)
      batch.add(key, future: new)
      table?.store(new, key)
      if let claim {
        claim.future = new
        batch.claims.append(claim)
      }
      future = new
    }
    guard let future else { return refused(site) }
    if let limit { future.fail(after: limit, on: executor) }
    return future
  }
}

extension Future {
  /// Fails the future when the time is up.
  fileprivate func fail(after limit: Duration, on executor: TaskletExecutor) {
    let timer = executor.addTimer(after: limit) { [self] reason in
      // An executor that shuts down fails the batch.
      if case .due = reason { _ = fail(with: TimeoutError(limit: limit, waitingFor: self)) }
    }
    addCallback(CallbackWaiter { _ in executor.cancel(timer) })
  }

  /// A future that is done as this one, or fails when the time is up.
  fileprivate func limited(
    to limit: Duration, on executor: TaskletExecutor, _ site: SourceSite
  ) -> Future<Value> {
    let limited = Future(pending: name, site: site, source: FollowingSource(self))
    onCompletion { limited.complete($0) }
    limited.fail(after: limit, on: executor)
    return limited
  }
}

/// The source of a future that is done when another one is.
// `@unchecked Sendable`: as its base class; what it adds never changes.
private final class FollowingSource: FutureSource, @unchecked Sendable {
  private let upstream: FutureCore

  init(_ upstream: FutureCore) { self.upstream = upstream }

  override func advance(mayRun: Bool) { upstream.source?.advance(mayRun: mayRun) }

  override func dependencies() -> Dependencies { .allOf([upstream]) }
}

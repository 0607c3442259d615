/// Loads that pass ``AdmissionControl``, have a time limit, or have room kept for them.
extension Batcher {
  @usableFromInline
  func loadThroughAdmission(
    _ key: Key, lane: Lane?, _ limit: Duration?, _ site: SourceSite, hasRoom: Bool
  ) -> Future<Value> {
    guard lane == nil, let cache = admission?.cache else {
      return request(key, lane: lane, limit, site, hasRoom: hasRoom, cache: nil)
    }
    // The cached future belongs to other callers too, who have other time limits.
    let future = load(key, from: cache, site, hasRoom: hasRoom)
    guard let limit, !future.done() else { return future }
    return future.limited(to: limit, on: core.executor ?? .current, site)
  }

  private func load(
    _ key: Key, from cache: LoadCache<Key, Value>, _ site: SourceSite, hasRoom: Bool
  ) -> Future<Value> {
    switch cache {
    case .builtIn(let table):
      // Most loads are hits, and need nothing of what a miss does.
      return core.hit(hasRoom: hasRoom, site) { table.hit(key) }
        ?? request(key, lane: nil, nil, site, hasRoom: hasRoom, cache: table)
    case .custom(let cache):
      if let hit = cache.hit(key) { return core.hit(hasRoom: hasRoom, site) { hit } ?? hit }
      let future = request(key, lane: nil, nil, site, hasRoom: hasRoom, cache: nil)
      cache.store(future, key)
      return future
    }
  }

  /// - Parameter cache: a cache to ask under the lock.
  private func request(
    _ key: Key, lane: Lane?, _ limit: Duration?, _ site: SourceSite, hasRoom: Bool,
    cache: CacheTable<Key, Value>?
  ) -> Future<Value> {
    let executor = core.executor ?? .current
    let request = KeyRequest(
      key, lane: lane, deadline: limit.map { executor.now().advanced(by: $0) }, hasRoom: hasRoom,
      admission, cache: cache, batcher: core, site)
    core.load(request, site)
    guard let future = request.future else { return refused(site) }
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

  /// A future with the outcome of this one, which fails when the time is up.
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

  override func helpWaiter(mayRunHere: Bool) { upstream.source?.helpWaiter(mayRunHere: mayRunHere) }

  override func dependencies() -> Dependencies { .allOf([upstream]) }
}

// SPDX-License-Identifier: Apache-2.0
/// Loads that pass ``AdmissionControl``, have a time limit, or have room kept for them.
extension Batcher {
  @usableFromInline
  func loadThroughAdmission(
    _ key: Key, lane: Lane?, _ limit: Duration?, _ site: SourceSite, hasRoom: Bool
  ) -> Future<Value> {
    let caller = LoadCaller(site, limit, on: core.executor)
    switch lane == nil ? admission?.cache : nil {
    case .builtIn(let table):
      // Most loads are hits, and need nothing of what a miss does.
      if let hit = hit(key, in: table, caller, hasRoom: hasRoom) { return hit }
      return request(key, lane: admission?.lane, caller, hasRoom: hasRoom, cache: table)
    case .custom(let cache):
      if let shared = cache.hit(key),
        let hit = hit(caller, hasRoom: hasRoom, { shared })
      {
        return hit
      }
      return request(key, lane: admission?.lane, caller, hasRoom: hasRoom, isCached: true) {
        cache.store($0, key)
      }
    case nil: return request(key, lane: lane ?? admission?.lane, caller, hasRoom: hasRoom)
    }
  }

  /// The caller's future of a load that one of our caches has.
  private func hit(
    _ key: Key, in table: CacheTable<Key, Value>, _ caller: LoadCaller, hasRoom: Bool
  ) -> Future<Value>? {
    var failed: Future<Value>?
    let hit = hit(caller, hasRoom: hasRoom) { table.hit(key, failed: &failed) }
    guard let failed else { return hit }
    // Which errors are kept is the user's code, so it is called between two looks.
    let isKept = failed.isHit(table.keepsErrors)
    return self.hit(caller, hasRoom: hasRoom) {
      table.decide(failed, key, isKept: isKept)
      var failed: Future<Value>?
      return table.hit(key, failed: &failed)
    }
  }

  /// The caller's future of a load that the cache has. `look` is called under the lock.
  private func hit(
    _ caller: LoadCaller, hasRoom: Bool, _ look: () -> Future<Value>?
  ) -> Future<Value>? {
    var own: OwnLoad?
    let hit = core.hit(hasRoom: hasRoom, caller.site) { () -> FutureCore? in
      guard let shared = look() else { return nil }
      // Most hits are of loads that are done. One may have been cancelled since the look.
      if shared.done() { return shared.isCancelled ? nil : shared }
      own = OwnLoad(following: shared, for: caller)
      return own?.future
    }
    own?.startLimit()
    return hit.map { Future<Value>.of($0) }
  }

  /// - Parameters:
  ///   - cache: a cache to ask under the lock.
  ///   - isCached: whether later loads may share this one's future.
  ///   - store: called with that future.
  private func request(
    _ key: Key, lane: Lane?, _ caller: LoadCaller, hasRoom: Bool,
    cache: CacheTable<Key, Value>? = nil, isCached: Bool = false,
    store: (Future<Value>) -> Void = { _ in }
  ) -> Future<Value> {
    let request = KeyRequest(
      key, lane: lane, caller, hasRoom: hasRoom, admission, cache: cache,
      isCached: isCached || cache != nil, batcher: core)
    core.load(request, caller.site)
    guard let future = request.future else { return refused(caller.site) }
    store(future)
    return request.takeCallersFuture() ?? future
  }
}

// SPDX-License-Identifier: Apache-2.0
/// What happens around the caches of a batcher.
extension BatcherCore {
  /// A load that the cache answers, if it can. `look` is called under the lock.
  func hit<Found>(hasRoom: Bool, _ site: SourceSite, _ look: () -> Found?) -> Found? {
    let hit = change { machine -> Found? in
      guard let hit = look() else { return nil }
      machine.hit(hasRoom: hasRoom)
      return hit
    }
    if hit != nil, Instruments.isOn { record(.cached, nil, site) }
    return hit
  }

  /// Runs a batch that asks an asynchronous cache first.
  nonisolated(nonsending) func run(_ departure: Departure, asking backing: BatchBacking) async {
    let batch = departure.batch
    let call = BatchCall(departure, of: self)
    let answer = await BatchCall.$current.withValue(call) { await backing.answer(batch) }
    change { $0.cacheAnswered(answer, in: batch) }
    var run = BatchRun(departure, failurePolicy ?? .nothing, self, answer.misses, backing)
    await run.callUntilDone()
  }

  /// A cache of the user's threw an error. Everything goes on as if there were no cache.
  func cacheFailed(_ operation: CacheOperation, _ error: any Error) {
    let kind = CacheErrorKind(operation: operation, type: ObjectIdentifier(type(of: error)))
    let isFirst = machine.withLock { $0.cacheFailed(kind) }
    if Instruments.isOn {
      Instruments.record(
        .cacheFailed(.init(batcher: name, operation: operation, error: error)))
    }
    if isFirst {
      Diagnostic.cacheFailed(batcher: name, operation: operation, error: error).report()
    }
  }
}

/// Errors of one kind are reported once.
struct CacheErrorKind: Hashable {
  let operation: CacheOperation
  let type: ObjectIdentifier
}

// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What the futures of batches ask while they are pending, and tell when they are done.
extension BatcherCore: BatchOwner {
  func threadWillBlock(for batch: BatchCore, mayRunHere: Bool) {
    // A thread inside an executor need not ask: its sleep may make the executor quiescent.
    if !ThreadState.current.isInsideExecutor,
      let batch = change({ $0.leave(batch, for: .blockedThread) })
    {
      send([batch])
    }
    machine.withLock { $0.work(of: batch) }?.source?.helpWaiter(mayRunHere: mayRunHere)
  }

  /// The operation, or the operations one of which has to end to make room for it. A batch that has
  /// room leaves by itself.
  func dependencies(of batch: BatchCore) -> Dependencies {
    machine.withLock { machine in
      if let work = machine.work(of: batch) { return .allOf([work]) }
      return machine.workInTheWay(of: batch).map { .anyOf($0) } ?? .external
    }
  }

  /// `of users batch_3, which is open with 12 keys`.
  func pendingText(of batch: BatchCore) -> String {
    let (status, keys) = machine.withLock { $0.status(of: batch) }
    let state =
      switch status {
      case .open: "is open"
      case .waiting: "waits for its turn"
      case .underWay: "is under way"
      case .ended: "has ended"
      }
    return "of \(name) batch_\(batch.number), which \(state) with \(keys) keys"
  }

  func futureCompleted(in batch: BatchCore, isEarly: Bool) {
    // Cancels the task alone: until the operation has ended, its turn and its future go on.
    if let work = change({ $0.futureEnded(in: batch, isEarly: isEarly) }) {
      work.source?.cancel(work)
    }
  }
}

/// What follows when the last waiter of a load is cancelled.
extension BatcherCore {
  func abandon(_ future: FutureCore, of origin: FutureSource, at place: AbandonedLoad.Place) {
    let load = AbandonedLoad(place, origin: origin, batcher: self)
    load.own(future)
    if future.exchangeSource(origin, for: load) { replaceFuture(of: load) }
  }

  /// Puts another future in the place of an abandoned one, which is held weakly from then on.
  func replaceFuture(of load: AbandonedLoad) {
    guard let future = load.future else { return }
    let other = future.makeSibling(at: future.creationSite, source: load.origin)
    other.endWhenUnobserved()
    // The batch lets go of `future`, which is not freed under the lock because it is used below.
    if machine.withLock({ $0.replace(future, of: load, with: other) }) {
      future.holdWeakly(by: load)
    }
  }

  /// Completes some futures of a batch whose operation goes on.
  func completeSome(of batch: BatchCore, _ complete: () -> Void) {
    machine.withLock { $0.lendFutures(of: batch) }
    batch.completeSome(complete)
    for load in machine.withLock({ $0.takeBackFutures(of: batch) }) { replaceFuture(of: load) }
  }
}

/// The same for loads that wait for a resource.
extension BatcherCore: HeldLoadOwner {
  func threadWillBlock(for request: LoadRequest, mayRunHere: Bool) {
    if let batch = batch(of: request) { return batch.helpWaiter(mayRunHere: mayRunHere) }
    holder(of: request)?.source?.helpWaiter(mayRunHere: mayRunHere)
  }

  func dependencies(of request: LoadRequest) -> Dependencies {
    if let batch = batch(of: request) { return batch.dependencies() }
    guard let holder = holder(of: request), !holder.done() else { return .external }
    return .allOf([holder])
  }

  func pendingText(of request: LoadRequest) -> String {
    if let batch = batch(of: request) { return pendingText(of: batch) }
    return "of \(name), which waits for an earlier element with the same resource"
  }

  func heldFutureCompleted(_ future: FutureCore, of request: LoadRequest) {
    switch change({ $0.heldFutureEnded(of: request) }) {
    case .joined(let batch): batch.futureDidComplete(future)
    case .ended(let flushes):
      if Instruments.isOn { record(.dropped, nil, future.creationSite, hold: request.hold) }
      for flush in flushes { flush.succeed(()) }
    }
  }

  private func batch(of request: LoadRequest) -> BatchCore? {
    switch locked({ request.state }) {
    case .joined(let batch): batch
    case .new, .held, .ended: nil
    }
  }

  /// The future of the element that has the resource. `nil` if that is this load itself, which is
  /// about to join a batch.
  private func holder(of request: LoadRequest) -> FutureCore? {
    locked {
      guard let claim = request.claim, let holder = conflicts?.holder(of: claim),
        holder !== claim
      else { return nil }
      return holder.future
    }
  }
}

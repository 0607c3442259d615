internal import Synchronization

/// What happens when a key is loaded.
extension BatcherCore {
  /// - Parameter join: adds a key and its future to the batch. Called once, under the lock; not
  ///   called if the batcher is overloaded.
  @usableFromInline
  func load(lane: Lane?, _ site: SourceSite, _ join: (BatchCore) -> Void) {
    let effects =
      Instruments.isOn
      ? enterObserved(lane: lane, nil, site, join) : enter(lane: lane, nil, join)
    if let batch = effects.send { send([batch]) }
  }

  func load(_ request: LoadRequest, _ site: SourceSite) {
    let effects = enter(request, site)
    if let batch = effects.sendFirst { send([batch]) }
    if let batch = effects.send { send([batch]) }
  }

  /// Does everything that a request asks for, except for sending batches.
  func enter(_ request: LoadRequest, _ site: SourceSite) -> BatcherMachine.OnLoad {
    Instruments.isOn
      ? enterObserved(lane: request.lane, request, site) { request.join($0) }
      : enter(lane: request.lane, request) { request.join($0) }
  }

  /// Does everything that a load asks for, except for sending batches.
  func enter(
    lane: Lane?, _ request: LoadRequest?, _ join: (BatchCore) -> Void
  ) -> BatcherMachine.OnLoad {
    let loader = Loader.current
    let priority = loader == nil ? 0 : Task.currentPriority.rawValue
    let effects = machine.withLock { machine in
      machine.load(
        lane: lane, loader: loader, priority: priority, request: request,
        outsideTask: withUnsafeCurrentTask { $0?.hashValue }, parent: ownBatch,
        makeBatch: { number, capacity in
          makeBatch(
            BatchSetup(
              number: number, lane: lane, batcher: self, executor: executor ?? .current,
              deduplicates: configuration.deduplicates, capacity: capacity))
        }, join: join)
    }
    if effects.outcome == .joined(watchQuiescence: true) {
      TaskletExecutor.current.onNextQuiescence { [self] in
        send(change { $0.quiescent() })
      }
    }
    if let batch = effects.opened { setTimer(of: batch) }
    // A hit gave its room back, and waiters are told of it here. A batch that is sent also gives
    // room back, and tells them when it starts.
    if effects.outcome == .hit { change { _ in } }
    return effects
  }

  private func setTimer(of batch: BatchCore) {
    let now = batch.executor.now()
    let timer = batch.executor.addTimer(after: configuration.maxDelay) { [self] reason in
      // An executor that was shut down accepts no other timer: the batch leaves now.
      let mayWait = reason == .due
      switch change({ $0.timerIsDue(batch) { mayWait && $0.isRunning } }) {
      case .nothing: break
      case .setAgain: setTimer(of: batch)
      case .send(let batch): send([batch])
      }
    }
    let isQueued = machine.withLock { $0.timerWasSet(timer, of: batch, at: now) }
    if !isQueued { batch.executor.cancel(timer) }
  }

  // MARK: Room

  /// The error of a load that was refused.
  var overloaded: BatcherOverloaded {
    BatcherOverloaded(batcher: name, maxQueued: configuration.maxQueued ?? .max)
  }

  /// Suspends until there is room for a load. The room is kept for the caller.
  nonisolated(nonsending) func enterRoom() async throws {
    let waiter = RoomWaiter(
      Future(
        pending: "room in \(name)",
        site: SourceSite(function: #function, file: #fileID, line: #line),
        source: RoomSource(self)))
    try Task.checkCancellation()
    if machine.withLock({ $0.enter(waiter) }) { return }
    do {
      try await waiter.admission.value
    } catch {
      change { $0.giveUp(waiter) }
      throw error
    }
  }
}

extension Loader {
  /// The calling job; `nil` for code that runs on no executor.
  fileprivate static var current: Loader? {
    guard let thread = ThreadState.existing, thread.isInsideExecutor else { return nil }
    return Loader(job: thread.jobs.now, spawner: thread.spawner)
  }
}

// SPDX-License-Identifier: Apache-2.0
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
    let (origin, loader) = currentOrigin
    let priority = origin == .unknown ? 0 : Task.currentPriority.rawValue
    let effects = machine.withLock { machine in
      machine.load(
        lane: lane, origin: origin, loader: loader, priority: priority, request: request,
        outsideTask: withUnsafeCurrentTask { $0?.hashValue }, parent: ownBatch,
        host: { .current },
        makeBatch: { number, capacity in
          makeBatch(
            BatchSetup(
              number: number, lane: lane, batcher: self, executor: executor ?? .current,
              isBound: executor != nil, deduplicates: configuration.deduplicates,
              capacity: capacity))
        }, join: join)
    }
    if case .joined(watch: let index?) = effects.outcome { watch(index, priority: priority) }
    if let batch = effects.opened { setTimer(of: batch) }
    // A hit gave its room back, and waiters are told of it here. A batch that is sent also gives
    // room back, and tells them when it starts.
    if effects.outcome == .hit { change { _ in } }
    return effects
  }

  private func setTimer(of batch: BatchCore) {
    guard let keeper = machine.withLock({ $0.queued[batch]?.batch.timekeeper }) else { return }
    setTimer(of: batch, on: keeper, periods: 1)
  }

  private func setTimer(of batch: BatchCore, on keeper: TaskletExecutor, periods: Int) {
    let now = batch.clock.now()
    let timer = keeper.addTimer(after: configuration.maxDelay / 2 * periods) { [self] reason in
      // The batch moves with its timer, unless its batcher has an executor.
      if case .shutDown = reason, executor == nil, keeper !== TaskletExecutor.shared {
        return setTimer(of: batch, on: .shared, periods: 1)
      }
      guard let progress = progress(of: batch, keeper) else { return }
      // An executor that was shut down accepts no other timer: the batch leaves now.
      let mayWait = reason == .due
      switch change({
        $0.timerIsDue(batch, progress, mayWait: mayWait, isRunning: \.isRunning)
      }) {
      case .nothing: break
      case .setAgain(let periods): setTimer(of: batch, on: keeper, periods: periods)
      case .send(let batch): send([batch])
      }
    }
    let set = BatchTimer(timer: timer, executor: keeper)
    if !machine.withLock({ $0.timerWasSet(set, of: batch, at: now) }) { set.cancel() }
  }

  /// `nil` if the batch was sent. Its executors belong to the thread that sends it then.
  private func progress(
    of batch: BatchCore, _ keeper: TaskletExecutor
  ) -> FillTracker.Progress? {
    guard let hosts = machine.withLock({ $0.queued[batch]?.batch.allHosts }) else { return nil }
    var progress = FillTracker.Progress()
    for host in hosts {
      let (jobs, ready) = host.loop.withLock { $0.progress }
      progress.jobs += jobs
      progress.ready += ready
    }
    if let now = keeper.manualNow {
      progress.processorTime = now
    } else {
      progress.processorTime = processorTimeOfOtherThreads()
      progress.thread = ObjectIdentifier(ThreadLocals.current)
    }
    return progress
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

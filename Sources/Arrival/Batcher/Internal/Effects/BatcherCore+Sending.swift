// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What happens when a batch leaves: its operation is started, runs and ends.
extension BatcherCore {
  /// - Parameter borrowsThread: whether the calling thread may run operations up to their first
  ///   suspension.
  func send(_ batches: [BatchCore], borrowsThread: Bool = false) {
    // A loop and no recursion: on an executor that was shut down each batch ends at once, and then
    // it is the turn of the next one.
    var queue = RingBuffer<BatchCore>()
    for batch in batches { queue.append(batch) }
    while let batch = queue.popFirst() {
      for next in start(batch, borrowsThread: borrowsThread) { queue.append(next) }
    }
  }

  /// Starts the operation of a batch whose turn it is. Returns the batches whose turn it is then,
  /// if this one has ended already: no future waits for it any more, or its executor was shut down.
  private func start(_ batch: BatchCore, borrowsThread: Bool) -> [BatchCore] {
    let preparation = change { $0.prepare(batch) }
    preparation.timer?.cancel()
    preparation.secondTimer?.cancel()
    batch.seal()
    if preparation.hasEndedFutures { batch.removeEnded() }
    batch.chooseExecutor(toldBy: preparation.toldBy)
    let work = makeWork(batch)
    let now = batch.clock.now()
    // Before it starts, so that a search for deadlocks finds what the futures wait for.
    switch machine.withLock({ $0.willStart(batch, work, now: now) }) {
    case .start(let departure, let abandoned):
      for load in abandoned { replaceFuture(of: load) }
      return start(work, departure, borrowsThread: borrowsThread)
    case .drop(let loads):
      let next = endTurn(of: batch) ?? []
      if Instruments.isOn { recordDropped(batch, loads: loads) }
      finish(batch) { batch.fail(with: CancellationError()) }
      return next
    }
  }

  /// The future of the operation's tasklet.
  private func makeWork(_ batch: BatchCore) -> Future<Void> {
    Future(
      pending: "\(name) batch_\(batch.number)",
      site: SourceSite(function: #function, file: #fileID, line: #line))
  }

  private func start(
    _ first: Future<Void>, _ departure: Departure, borrowsThread: Bool
  ) -> [BatchCore] {
    let batch = departure.batch
    if Instruments.isOn { recordSent(departure) }
    let loan = borrowsThread && batch.mayBeginAnywhere ? borrowThread() : nil
    defer { loan.map(giveBack) }
    let priority = departure.priority == 0 ? nil : TaskPriority(rawValue: departure.priority)
    var work = first
    while true {
      let isAccepted = batch.executor.start(
        work, servesOthers: true, beginsHere: loan != nil, priority: priority
      ) { [self] in await run(departure) }
      if isAccepted || !batch.leaveExecutor() { break }
      _ = work.failure?.look()
      work = makeWork(batch)
      machine.withLock { $0.startsAgain(batch, work) }
    }
    guard work.done(), let error = work.failure?.look() else {
      work.addCallback(FailureWatch(departure, self))
      return []
    }
    // An executor that was shut down runs nothing.
    let next = endTurn(of: batch) ?? []
    if Instruments.isOn { recordEnded(departure, error) }
    finish(batch) { batch.fail(with: error) }
    return next
  }

  /// Ends a batch whose operation goes on although its future failed: its executor was shut down,
  /// or the operation waits for what cannot end before it does.
  private final class FailureWatch: Waiter, @unchecked Sendable {
    // `@unchecked Sendable`: never changes.
    private let departure: Departure
    private let core: BatcherCore

    init(_ departure: Departure, _ core: BatcherCore) {
      self.departure = departure
      self.core = core
    }

    override func fire(_ work: FutureCore) {
      guard let failure = work.failure else { return }
      core.end(departure, failure.error) { [departure] in
        departure.batch.fail(with: failure.look())
      }
    }
  }

  /// Begins to run an operation on the calling thread of Swift's pool. `nil` if it should not.
  private func borrowThread() -> ThreadLoan? {
    machine.withLock { $0.firstSteps.beginsHere() } ? ThreadLoan.take() : nil
  }

  private func giveBack(_ loan: ThreadLoan) {
    let time = loan.end()
    machine.withLock { $0.firstSteps.ended(after: time) }
  }

  private nonisolated(nonsending) func run(_ departure: Departure) async {
    let batch = departure.batch
    if let backing = batch.lane?.cache { return await run(departure, asking: backing) }
    if let failurePolicy {
      var run = BatchRun(departure, failurePolicy, self)
      return await run.callUntilDone()
    }
    await BatchCall.$current.withValue(BatchCall(departure, of: self)) {
      do {
        let complete = try await operation(batch, nil)
        end(departure, nil) { _ = complete(nil) }
      } catch {
        let error = cause(of: error, in: batch)
        end(departure, error) { batch.fail(with: error) }
      }
    }
  }

  // MARK: The end

  /// The operation of a batch has ended, perhaps with an error, or its end is not waited for.
  func end(_ departure: Departure, _ error: (any Error)?, complete: () -> Void) {
    // The next batch starts before this one's futures are completed, and runs beside that.
    guard let next = endTurn(of: departure.batch) else { return }
    if Instruments.isOn { recordEnded(departure, error) }
    if !next.isEmpty { send(next) }
    finish(departure.batch, complete)
  }

  /// The error to fail the futures with. An executor that shuts down cancels the operation, but the
  /// futures fail with the shutdown.
  func cause(of error: any Error, in batch: BatchCore) -> any Error {
    guard error is CancellationError, let work = machine.withLock({ $0.work(of: batch) }),
      work.done()
    else { return error }
    return work.failure?.look() ?? error
  }

  /// The turn of a batch is over. Returns the batches whose turn it is now; `nil` if the turn was
  /// over before.
  private func endTurn(of batch: BatchCore) -> [BatchCore]? {
    guard let claims = machine.withLock({ $0.beginEnding(batch) }) else { return nil }
    // Elements that waited for this batch's resources may join the next one before that leaves.
    var next = claims.isEmpty ? [] : release(claims)
    let now = batch.clock.now()
    if let turn = change({ $0.ended(batch, now: now) }) { next.append(turn) }
    return next
  }

  /// Gives resources back. The held loads that get them join batches. Returns the batches that
  /// leave for it.
  private func release(_ claims: [Claim]) -> [BatchCore] {
    let requests = locked { claims.compactMap { conflicts?.release($0)?.waiter } }
    return requests.flatMap { request in
      let site = request.claim?.future?.creationSite
      return enter(request, site ?? SourceSite(function: #function, file: #fileID, line: #line))
        .batches
    }
  }

  private func finish(_ batch: BatchCore, _ complete: () -> Void) {
    batch.beginEnding()
    Deliveries.during(complete)
    for flush in machine.withLock({ $0.completed(batch) }) { flush.succeed(()) }
  }
}

internal import Synchronization

/// What a ``Batcher`` does that does not depend on its types: the state machine's effects, which
/// are timers, quiescence and the operation's tasklets.
@usableFromInline
final class BatcherCore: Sendable {
  /// The error to fail a key with; `nil` if it is to be called for again.
  @usableFromInline typealias Judge = (any Error) -> (any Error)?
  /// Completes the futures; gives the keys to be called for again.
  @usableFromInline typealias Completion = (Judge?) -> [Int]
  /// Calls the operation for a batch, or for some of its keys.
  @usableFromInline
  typealias Operation = @Sendable (BatchCore, _ keys: [Int]?) async throws -> Completion
  @usableFromInline
  typealias MakeBatch =
    @Sendable (
      _ number: Int, Lane?, BatcherCore, TaskletExecutor, _ deduplicates: Bool, _ capacity: Int
    ) -> BatchCore

  let name: String
  let machine: Lock<BatcherMachine>
  let configuration: BatcherConfiguration
  /// Where the operation runs; `nil`: on the executor of the tasklet that opens the batch.
  let executor: TaskletExecutor?
  /// What is done about calls that fail; `nil` if nothing is.
  let recovery: Recovery?
  let operation: Operation
  private let makeBatch: MakeBatch

  /// What elements touch; `nil` if none conflict.
  let conflicts: ConflictTableCore?

  init(
    _ name: String, _ configuration: BatcherConfiguration, _ executor: TaskletExecutor?,
    _ recovery: Recovery?, _ conflicts: ConflictTableCore?, _ makeBatch: @escaping MakeBatch,
    _ operation: @escaping Operation
  ) {
    configuration.check()
    self.name = name
    self.configuration = configuration
    self.executor = executor
    self.recovery = recovery
    self.conflicts = conflicts
    self.makeBatch = makeBatch
    self.operation = operation
    machine = Lock(BatcherMachine(configuration: configuration))
  }

  // MARK: Loading

  /// - Parameter join: adds a key and its future to the batch; called once, under the lock, unless
  ///   the batcher is overloaded.
  @usableFromInline
  func load(lane: Lane?, _ site: SourceSite, _ join: (BatchCore) -> Void) {
    load(lane: lane, terms: nil, site, join)
  }

  @inline(__always)
  func load(
    lane: Lane?, terms: BatcherMachine.Terms?, _ site: SourceSite, _ join: (BatchCore) -> Void
  ) {
    let effects =
      Instruments.isOn
      ? enterObserved(lane: lane, terms: terms, site, join) : enter(lane: lane, terms: terms, join)
    if let batch = effects.sendFirst { send([batch]) }
    if let batch = effects.send { send([batch]) }
  }

  /// Does what a load asks for, apart from sending batches.
  func enter(
    lane: Lane?, terms: BatcherMachine.Terms?, _ join: (BatchCore) -> Void
  ) -> BatcherMachine.OnLoad {
    let loader = Loader.current
    let priority = loader == nil ? 0 : Task.currentPriority.rawValue
    let effects = machine.withLock { machine in
      machine.load(
        lane: lane, loader: loader, priority: priority, terms: terms,
        outsider: withUnsafeCurrentTask { $0?.hashValue }, parent: ownCall,
        makeBatch: { number, capacity in
          makeBatch(
            number, lane, self, executor ?? .current, configuration.deduplicates, capacity)
        }, join: join)
    }
    if effects.outcome == .joined(watchQuiescence: true) {
      TaskletExecutor.current.onNextQuiescence { [self] in
        send(change { $0.quiescent() })
      }
    }
    if let batch = effects.opened { setTimer(of: batch) }
    // It gave a place back. A batch that is sent does so too, and tells of it when it starts.
    if effects.outcome == .hit { change { _ in } }
    return effects
  }

  /// The number of the batch whose operation runs here, if it is one of this batcher.
  var ownCall: Int? {
    guard let call = BatchCall.current, call.core == ObjectIdentifier(self) else { return nil }
    return call.batch
  }

  private func setTimer(of batch: BatchCore) {
    let opened = batch.executor.now()
    let timer = batch.executor.addTimer(after: configuration.maxDelay) { [self] in
      switch change({ $0.timerIsDue(batch, isBeingFilled: batch.isBeingFilled) }) {
      case .nothing: break
      case .setAgain: setTimer(of: batch)
      case .send(let batch): send([batch])
      }
    }
    let isTooLate = machine.withLock { _ in
      if !batch.isQueued { return true }
      if batch.opened == .max { batch.opened = opened }
      batch.timer = timer
      return false
    }
    if isTooLate { batch.executor.cancel(timer) }
  }

  /// Changes the machine, and tells those for whom there is room then.
  func change<Result>(_ body: (inout BatcherMachine) -> Result) -> Result {
    var admitted: [Room.Guest] = []
    let result = machine.withLock { machine in
      let result = body(&machine)
      swap(&admitted, &machine.admitted)
      return result
    }
    for guest in admitted { guest.admission.succeed(()) }
    return result
  }

  func locked<Result>(_ body: () -> Result) -> Result { machine.withLock { _ in body() } }

  var statistics: BatcherStatistics { machine.withLock { $0.statistics } }

  // MARK: Futures that wait

  /// A thread is about to sleep until one of the batch's futures is done.
  func threadWillBlock(for batch: BatchCore, mayRun: Bool) {
    // A thread inside an executor need not ask: its sleep may make the executor quiescent.
    if !ThreadState.current.isInsideExecutor,
      let batch = change({ $0.leave(batch, for: .blockedThread) })
    {
      send([batch])
    }
    machine.withLock { _ in batch.work }?.source?.advance(mayRun: mayRun)
  }

  /// What a pending future of the batch needs: the operation, or one of those under way to make
  /// room for it. A batch for which there is room leaves by itself.
  func dependencies(of batch: BatchCore) -> Dependencies {
    machine.withLock { machine in
      if let work = batch.work { return .allOf([work]) }
      return machine.workInTheWay(of: batch).map { .anyOf($0) } ?? .external
    }
  }

  /// A future of the batch was done before the operation's end.
  func futureEnded(of batch: BatchCore, early: Bool) {
    // Its task alone: until the operation has ended, its turn and its future are not over.
    if let work = change({ $0.futureEnded(of: batch, early: early) }) { work.source?.cancel(work) }
  }

  // MARK: Sending

  func send(_ batches: [BatchCore]) {
    // A line, because an executor that was shut down ends each batch at once, and then it is the
    // next one's turn.
    var line = RingBuffer<BatchCore>()
    for batch in batches { line.append(batch) }
    while let batch = line.popFirst() { for next in start(batch) { line.append(next) } }
  }

  /// Starts the operation of a batch whose turn it is. Gives the batches whose turn it is then, if
  /// nobody waits for this one any more or the executor refused it.
  private func start(_ batch: BatchCore) -> [BatchCore] {
    let (timer, hasEnded) = change { _ in (batch.timer.take(), batch.endedEarly > 0) }
    if let timer { batch.executor.cancel(timer) }
    batch.seal()
    if hasEnded { batch.removeEnded() }
    let work = Future<Void>(
      pending: "\(name) batch_\(batch.number)",
      site: SourceSite(function: #function, file: #fileID, line: #line))
    let now = batch.executor.now()
    // Before it starts, so that what it waits for is known to be what the members wait for.
    guard machine.withLock({ $0.starts(batch, work, now: now) }) else {
      let next = endTurn(of: batch) ?? []
      if Instruments.isOn { recordDropped(batch) }
      finish(batch) { batch.fail(with: CancellationError()) }
      return next
    }
    if Instruments.isOn { recordSent(batch) }
    let priority = batch.priority == 0 ? nil : TaskPriority(rawValue: batch.priority)
    batch.executor.start(work, servesOthers: true, priority: priority) { [self] in
      await run(batch)
    }
    // An executor that was shut down runs nothing.
    guard work.done(), let error = work.failure?.look() else {
      work.addCallback(ShutdownWatch(batch))
      return []
    }
    let next = endTurn(of: batch) ?? []
    if Instruments.isOn { recordEnded(batch, error) }
    finish(batch) { batch.fail(with: error) }
    return next
  }

  /// Does not wait for an operation that does not end when its executor shuts down.
  private final class ShutdownWatch: Waiter, @unchecked Sendable {
    // `@unchecked Sendable`: never changes.
    private let batch: BatchCore

    init(_ batch: BatchCore) { self.batch = batch }

    override func fire(_ work: FutureCore) {
      guard let failure = work.failure, failure.error is ExecutorShutDown else { return }
      batch.batcher.end(batch, failure.error) { [batch] in batch.fail(with: failure.look()) }
    }
  }

  private nonisolated(nonsending) func run(_ batch: BatchCore) async {
    if let recovery { return await run(batch, recovery) }
    await BatchCall.$current.withValue(BatchCall(batch)) {
      do {
        let complete = try await operation(batch, nil)
        end(batch, nil) { _ = complete(nil) }
      } catch {
        let error = cause(of: error, in: batch)
        end(batch, error) { batch.fail(with: error) }
      }
    }
  }

  /// The operation of a batch has ended, perhaps with an error, or nobody waits for its end.
  func end(_ batch: BatchCore, _ error: (any Error)?, complete: () -> Void) {
    // The next batch starts before this one's futures are told, and runs beside it.
    guard let next = endTurn(of: batch) else { return }
    if Instruments.isOn { recordEnded(batch, error) }
    if !next.isEmpty { send(next) }
    finish(batch, complete)
  }

  /// An executor that shuts down cancels the operation; that is not what the members are told.
  func cause(of error: any Error, in batch: BatchCore) -> any Error {
    guard error is CancellationError, let work = batch.work, work.done() else { return error }
    return work.failure?.look() ?? error
  }

  /// Nothing of the batch is under way any more. Gives the batches whose turn it is now; `nil` if it
  /// had ended before, for its executor.
  private func endTurn(of batch: BatchCore) -> [BatchCore]? {
    let isFirst = locked {
      defer { batch.isEnding = true }
      return !batch.isEnding
    }
    if !isFirst { return nil }
    // What waited for this batch's elements may join the next one before that leaves.
    var next = batch.claims.isEmpty ? [] : releaseClaims(of: batch)
    let now = batch.executor.now()
    if let turn = change({ $0.ended(batch, now: now) }) { next.append(turn) }
    return next
  }

  private func finish(_ batch: BatchCore, _ complete: () -> Void) {
    batch.beginEnding()
    complete()
    for flush in machine.withLock({ $0.completed(batch) }) { flush.succeed(()) }
  }
}

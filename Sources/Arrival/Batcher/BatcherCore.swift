internal import Synchronization

/// What a ``Batcher`` does that does not depend on its types: the state machine's effects, which
/// are timers, quiescence and the operation's tasklets.
@usableFromInline
final class BatcherCore: Sendable {
  /// Calls the operation for a batch; what it gives completes the futures.
  @usableFromInline typealias Operation = @Sendable (BatchCore) async throws -> () -> Void
  @usableFromInline
  typealias MakeBatch =
    @Sendable (
      _ number: Int, Lane?, BatcherCore, TaskletExecutor, _ deduplicates: Bool, _ capacity: Int
    ) -> BatchCore

  let name: String
  let machine: Lock<BatcherMachine>
  private let configuration: BatcherConfiguration
  /// Where the operation runs; `nil`: on the executor of the tasklet that opens the batch.
  private let executor: TaskletExecutor?
  private let operation: Operation
  private let makeBatch: MakeBatch

  @usableFromInline
  init(
    _ name: String, _ configuration: BatcherConfiguration, _ executor: TaskletExecutor?,
    _ makeBatch: @escaping MakeBatch, _ operation: @escaping Operation
  ) {
    self.name = name
    self.configuration = configuration
    self.executor = executor
    self.operation = operation
    self.makeBatch = makeBatch
    machine = Lock(BatcherMachine(configuration: configuration))
  }

  /// - Parameter join: adds a key and its future to the batch; called once, under the lock.
  @usableFromInline
  func load(lane: Lane?, site: SourceSite, _ join: (BatchCore) -> Void) {
    let loader = Loader.current
    let effects = machine.withLock { machine in
      machine.load(
        lane: lane, loader: loader,
        makeBatch: { number, capacity in
          makeBatch(
            number, lane, self, executor ?? .current, configuration.deduplicates, capacity)
        }, join: join)
    }
    if let batch = effects.send { send(batch) }
    if effects.watchQuiescence {
      TaskletExecutor.current.onNextQuiescence { [self] in
        for batch in machine.withLock({ $0.quiescent() }) { send(batch) }
      }
    }
    if let batch = effects.opened { setTimer(of: batch) }
  }

  private func setTimer(of batch: BatchCore) {
    let timer = batch.executor.addTimer(after: configuration.maxDelay) { [self] in
      switch machine.withLock({ $0.timerIsDue(batch, isBeingFilled: batch.isBeingFilled) }) {
      case .nothing: break
      case .setAgain: setTimer(of: batch)
      case .send(let batch): send(batch)
      }
    }
    let isTooLate = machine.withLock { _ in
      if batch.phase == .sent { return true }
      batch.timer = timer
      return false
    }
    if isTooLate { batch.executor.cancel(timer) }
  }

  func sendAll() -> [Future<Void>] {
    let (send, pending) = machine.withLock { $0.flush() }
    for batch in send { self.send(batch) }
    return pending.map(\.ended)
  }

  /// A thread is about to sleep until one of the batch's futures is done.
  func threadWillBlock(for batch: BatchCore, mayRun: Bool) {
    // A thread inside an executor need not ask: its sleep may make the executor quiescent.
    if !ThreadState.current.isInsideExecutor,
      let batch = machine.withLock({ $0.leave(batch, for: .blockedThread) })
    {
      send(batch)
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

  private func send(_ batch: BatchCore) {
    // A loop, because an executor that was shut down ends each batch at once, and then it is the
    // next one's turn.
    var next: BatchCore? = batch
    while let batch = next { next = start(batch) }
  }

  /// Starts the operation of a batch whose turn it is. Gives the batch whose turn it is then, if
  /// the executor refused this one.
  private func start(_ batch: BatchCore) -> BatchCore? {
    if let timer = machine.withLock({ _ in batch.timer.take() }) { batch.executor.cancel(timer) }
    batch.seal()
    let work = Future<Void>(
      pending: "\(name) batch_\(batch.number)",
      site: SourceSite(function: #function, file: #fileID, line: #line))
    // Before it starts, so that what it waits for is known to be what the members wait for.
    machine.withLock { _ in batch.work = work }
    batch.executor.start(work, servesOthers: true) { [self] in await run(batch) }
    // An executor that was shut down runs nothing.
    guard work.done(), let error = work.failure?.look() else { return nil }
    let next = machine.withLock { $0.ended(batch) }
    batch.fail(with: error)
    batch.ended.succeed(())
    return next
  }

  private nonisolated(nonsending) func run(_ batch: BatchCore) async {
    do {
      end(batch, complete: try await operation(batch))
    } catch {
      end(batch) { batch.fail(with: error) }
    }
  }

  private func end(_ batch: BatchCore, complete: () -> Void) {
    // The next batch starts before this one's futures are told, and runs beside it.
    if let next = machine.withLock({ $0.ended(batch) }) { send(next) }
    complete()
    batch.ended.succeed(())
  }
}

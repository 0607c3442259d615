// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The effects of a ``Batcher``, for all types of keys and values: it owns the machine and its
/// lock, sets timers, watches for quiescence, and starts the operations.
///
/// Its extensions follow a key's way: loading, sending, the futures that wait, and what instruments
/// are told. Every method takes the lock, lets the machine decide, frees the lock and then acts.
@usableFromInline
final class BatcherCore: Sendable {
  /// Completes futures of a batch. Returns the keys to request again.
  @usableFromInline typealias Completion = (BatchCore.Judge?) -> [Int]
  /// Calls the operation for a batch, or for some of its keys.
  @usableFromInline
  typealias Operation = @Sendable (BatchCore, _ keys: [Int]?) async throws -> Completion
  @usableFromInline typealias MakeBatch = @Sendable (BatchSetup) -> BatchCore

  let name: String
  let creationSite: SourceSite
  let machine: Lock<BatcherMachine>
  let configuration: BatcherConfiguration
  /// Where the operation runs; `nil`: on an executor of the tasklets that load.
  let executor: TaskletExecutor?
  /// What is done about calls that fail; `nil` if nothing is.
  let failurePolicy: FailurePolicy?
  /// Which element has which resource; `nil` if elements do not conflict.
  let conflicts: ConflictTableCore?
  let operation: Operation
  let makeBatch: MakeBatch

  init(
    _ name: String, _ site: SourceSite, _ configuration: BatcherConfiguration,
    _ executor: TaskletExecutor?, _ failurePolicy: FailurePolicy?, _ conflicts: ConflictTableCore?,
    _ makeBatch: @escaping MakeBatch, _ operation: @escaping Operation
  ) {
    configuration.check()
    // What callbacks load counts as loaded by the operation that completes their futures.
    CallbackContext.pass(BatchCall.$current)
    self.name = name
    creationSite = site
    self.configuration = configuration
    self.executor = executor
    self.failurePolicy = failurePolicy
    self.conflicts = conflicts
    self.makeBatch = makeBatch
    self.operation = operation
    machine = Lock(BatcherMachine(configuration: configuration))
  }

  /// Changes the machine, and then tells the waiters that were given room.
  func change<Result>(_ body: (inout BatcherMachine) -> Result) -> Result {
    var admitted: [RoomWaiter] = []
    let result = machine.withLock { machine in
      let result = body(&machine)
      admitted = machine.takeAdmitted()
      return result
    }
    for waiter in admitted { waiter.admission.succeed(()) }
    return result
  }

  /// Runs the body under the batcher's lock.
  func locked<Result>(_ body: () -> Result) -> Result { machine.withLock { _ in body() } }

  var statistics: BatcherStatistics { machine.withLock { $0.statistics } }

  /// The number of the batch whose operation runs here, if it is one of this batcher.
  var ownBatch: Int? {
    guard let call = BatchCall.current, call.core == ObjectIdentifier(self) else { return nil }
    return call.id.number
  }

  /// Sends what is queued. Returns a future that is done when everything has ended that is queued
  /// or under way now, and everything that this loads.
  func flush() -> Future<Void> {
    let end = FlushSource.future(of: self)
    let own = ownBatch
    let (batches, isPending) = change { $0.flush(end, own: own) }
    send(batches)
    if !isPending { end.succeed(()) }
    return end
  }
}

/// The call that a batch operation makes, as the operation sees it.
///
/// ```swift
/// let users = Batcher<Int, User> { (ids: [Int]) in
///   let call = BatchCall.current
///   return try await api.users(
///     ids, consistency: call?.lane(as: Consistency.self) ?? .eventual,
///     timeout: call?.remainingTime())
/// }
/// ```
public struct BatchCall: Sendable {
  /// The call whose operation runs here; `nil` outside of any.
  @TaskLocal public static var current: BatchCall?

  /// Tells the batch from all others: what an ``Instrument`` knows it by.
  public var id: BatchID { BatchID(batcher: batcher, number: batch, core: core) }
  /// The name of the batcher.
  public let batcher: String
  /// The number of the batch, counted from 1 by its batcher.
  public let batch: Int
  /// Why the batch left.
  public let reason: BatchReason
  /// Which call for the batch it is, counted from 1: more than that if calls are repeated or halved.
  public internal(set) var attempt = 1

  private let laneOfBatch: Lane?
  private let deadline: Nanoseconds?
  private let executor: TaskletExecutor
  /// Tells batchers apart.
  let core: ObjectIdentifier

  /// - Parameter batch: one that was sent, so that it does not change any more.
  init(_ batch: BatchCore) {
    batcher = batch.batcher.name
    self.batch = batch.number
    reason = batch.reason ?? .full
    deadline = batch.deadline
    laneOfBatch = batch.lane
    executor = batch.executor
    core = ObjectIdentifier(batch.batcher)
  }

  /// The lane of all keys of the call; `nil` if it is of another type, or there is none.
  public func lane<Value: Hashable & Sendable>(as type: Value.Type) -> Value? {
    laneOfBatch?.value(as: type)
  }

  /// The time that is left until nobody waits for the call any more: until the latest of the time
  /// limits of its loads. `nil` if one of them has none; zero if it has passed.
  public func remainingTime() -> Duration? {
    deadline.map { deadline in
      let now = executor.now()
      return .nanoseconds(deadline > now ? Int64(clamping: deadline - now) : 0)
    }
  }
}

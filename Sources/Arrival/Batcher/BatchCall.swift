// SPDX-License-Identifier: Apache-2.0
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
  /// The call whose operation runs here; `nil` outside operations.
  @TaskLocal public static var current: BatchCall?

  /// Tells the batch from all others; an ``Instrument`` is told the same. It has the batcher's name
  /// and the batch's number.
  public let id: BatchID
  /// Why the batch left.
  public let reason: BatchReason
  /// Which call for the batch this is, counted from 1. A call that is retried or halved makes
  /// more.
  public internal(set) var attempt = 1

  private let laneOfBatch: Lane?
  private let deadline: CallDeadline?
  private let clock: TaskletExecutor
  /// Tells batchers apart.
  let core: ObjectIdentifier

  init(_ departure: Departure, id: BatchID, core: ObjectIdentifier) {
    self.id = id
    self.core = core
    reason = departure.reason
    deadline = departure.batch.deadline
    laneOfBatch = departure.batch.lane
    clock = departure.batch.clock
  }

  /// The lane of all keys of the call; `nil` if there is none, or it is of another type.
  public func lane<Value: Hashable & Sendable>(as type: Value.Type) -> Value? {
    laneOfBatch?.value(as: type)
  }

  /// How long a load still waits for the call, at most: the time until the latest of the loads'
  /// limits.
  ///
  /// `nil` if a load has no limit; zero if the time is up. Loads that share the call through a
  /// cache count too. One that comes while the call is under way may move the time.
  public func remainingTime() -> Duration? {
    (deadline?.current).map { deadline in
      let now = clock.now()
      return .nanoseconds(deadline > now ? Int64(clamping: deadline - now) : 0)
    }
  }
}

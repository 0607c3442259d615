internal import Arrival

/// Which attempt of a transaction it is, and whether there is another: pure.
struct TransactionAttempts {
  private(set) var mode: TransactionMode
  private let policy: RetryPolicy
  private var repetitions = 0
  /// How often it met another although those of this process had made way for it.
  private var meetingsWithStrangers = 0
  private let begun: UInt64

  /// - Parameter now: The executor's time in nanoseconds, as all times here.
  init(_ mode: TransactionMode, _ policy: RetryPolicy, now: UInt64) {
    self.mode = mode
    self.policy = policy
    begun = now
  }

  /// How long to wait before the next attempt; `nil` if the error is not one that another attempt
  /// could avoid.
  ///
  /// Where those it met are not of this process, or did not make way, the waits are drawn from a multiple
  /// of the time that the attempt took, twice as much each time, as in Ethernet's back-off (IEEE 802.3,
  /// 4.2.3.2.5). A server that locks lets an attempt wait for seconds; all who come back sooner than that
  /// find each other's locks, and none would ever commit.
  ///
  /// - Parameters:
  ///   - id: The transaction that failed, so that the backend may give the next its turn.
  ///   - now: When the attempt failed.
  ///   - turn: Since when it had its turn among the transactions of this process; `nil` without one.
  ///   - random: From 0 up to 1.
  /// - Throws: `aborted`, with the number of attempts, when all have been made.
  mutating func next(
    after error: any Error, _ id: TransactionID?, now: UInt64, turn: UInt64?, random: Double
  ) throws -> Duration? {
    guard policy.isTransient(error), !(error is CancellationError) else { return nil }
    let isLate = policy.timeLimit.map { .nanoseconds(now - begun) >= $0 } ?? false
    guard repetitions < policy.maxRetries, !isLate else {
      if repetitions == 0 { return nil }
      throw DatastoreError(
        .aborted,
        """
        Each of \(repetitions + 1) attempts at the transaction met another one that was faster, or a \
        failure that passes. Nothing was written. Try again later, or let fewer transactions change \
        the same entities at once.
        """, key: (error as? DatastoreError)?.key, cause: error)
    }
    repetitions += 1
    if case .readWrite = mode { mode = .readWrite(retrying: id) }
    let delay = policy.delay(before: repetitions, random: random)
    guard let turn else { return delay }
    var slots = Duration.nanoseconds(now - turn)
    for _ in 0..<meetingsWithStrangers where slots < policy.maxDelay { slots *= 2 }
    meetingsWithStrangers += 1
    return max(delay, min(slots, policy.maxDelay) * random)
  }
}

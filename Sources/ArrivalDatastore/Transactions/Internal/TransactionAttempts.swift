// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// Counts the attempts of a transaction and decides whether another one follows. It is pure.
struct TransactionAttempts {
  private(set) var mode: TransactionMode
  private let policy: RetryPolicy
  private var repetitions = 0
  /// How often the transaction conflicted with another process, after the transactions of this
  /// process had ended.
  private var externalConflicts = 0
  private let begun: UInt64

  /// - Parameter now: The executor's time in nanoseconds, as all times here.
  init(_ mode: TransactionMode, _ policy: RetryPolicy, now: UInt64) {
    self.mode = mode
    self.policy = policy
    begun = now
  }

  /// How long to wait before the next attempt; `nil` if another attempt could not avoid the error.
  ///
  /// After a conflict with another process, the wait is drawn from a multiple of the time that the
  /// attempt took. The multiple doubles each time, as in Ethernet's back-off (IEEE 802.3,
  /// 4.2.3.2.5). A server that locks makes an attempt wait for seconds. Transactions that come back
  /// sooner find each other's locks and would never commit.
  ///
  /// - Parameters:
  ///   - error: Why the attempt failed.
  ///   - id: The transaction that failed, so that the backend can prefer its next attempt.
  ///   - now: When the attempt failed.
  ///   - turn: When it got its turn among the transactions of this process. `nil` without a turn.
  ///   - random: A random number from 0 up to 1.
  /// - Throws: `aborted` with the number of attempts, after the last attempt.
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
        All \(repetitions + 1) attempts at the transaction had a conflict or a temporary failure. \
        Nothing was written. Try again later, or let fewer transactions change the same entities \
        at once.
        """, key: (error as? DatastoreError)?.key, cause: error)
    }
    repetitions += 1
    if case .readWrite = mode { mode = .readWrite(retrying: id) }
    let delay = policy.delay(before: repetitions, random: random)
    guard let turn else { return delay }
    var slots = Duration.nanoseconds(now - turn)
    for _ in 0..<externalConflicts where slots < policy.maxDelay { slots *= 2 }
    externalConflicts += 1
    return max(delay, min(slots, policy.maxDelay) * random)
  }
}

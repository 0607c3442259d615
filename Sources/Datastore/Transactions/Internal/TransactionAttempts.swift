internal import Arrival

/// Which attempt of a transaction it is, and whether there is another: pure but for the random wait.
struct TransactionAttempts {
  private(set) var mode: TransactionMode
  private let policy: RetryPolicy
  private var repetitions = 0
  private let begun = ContinuousClock.now

  init(_ mode: TransactionMode, _ policy: RetryPolicy) {
    self.mode = mode
    self.policy = policy
  }

  /// How long to wait before the next attempt; `nil` if the error is not one that another attempt
  /// could avoid.
  ///
  /// - Parameter id: The transaction that failed, so that the backend may give the next its turn.
  /// - Throws: `aborted`, with the number of attempts, when all have been made.
  mutating func next(after error: any Error, _ id: TransactionID?) throws -> Duration? {
    guard policy.isTransient(error), !(error is CancellationError) else { return nil }
    let isLate = policy.timeLimit.map { ContinuousClock.now - begun >= $0 } ?? false
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
    return policy.delay(before: repetitions, random: .random(in: 0..<1))
  }
}

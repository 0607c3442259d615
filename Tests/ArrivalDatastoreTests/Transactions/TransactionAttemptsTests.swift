// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@testable import ArrivalDatastore

/// Which attempts at a transaction follow one that failed.
@Suite struct TransactionAttemptsTests {
  private let aborted = DatastoreError(.aborted, "faster")

  private func policy(maxRetries: Int = 3, timeLimit: Duration? = nil) -> RetryPolicy {
    RetryPolicy(
      maxRetries: maxRetries, initialDelay: .milliseconds(10), maxDelay: .seconds(5), jitter: 0,
      timeLimit: timeLimit, budget: nil
    ) { ($0 as? DatastoreError)?.code == .aborted || $0 is CancellationError }
  }

  private func attempts(_ policy: RetryPolicy) -> TransactionAttempts {
    TransactionAttempts(.readWrite(), policy, now: 1_000)
  }

  private func next(
    _ attempts: inout TransactionAttempts, after error: (any Error)? = nil, now: UInt64 = 1_000
  ) throws -> Duration? {
    try attempts.next(after: error ?? aborted, nil, now: now, turn: nil, random: 0)
  }

  @Test func `An attempt begins a nanosecond before the time limit, but not at it`() throws {
    let policy = policy(timeLimit: .seconds(2))
    var early = attempts(policy)
    #expect(try next(&early, now: 2_000_000_999) == .milliseconds(10))
    var late = attempts(policy)
    #expect(try next(&late, now: 2_000_001_000) == nil)
  }

  @Test func `A transaction is retried as often as the policy allows, and then the error says so`()
    throws
  {
    var attempts = attempts(policy(maxRetries: 2))
    #expect(try next(&attempts) == .milliseconds(10))
    #expect(try next(&attempts) == .milliseconds(20))
    let error = #expect(throws: DatastoreError.self) { try next(&attempts) }
    #expect(error?.message.contains("All 3 attempts") == true)
    // A failure of the only attempt comes out as it is.
    var single = self.attempts(policy(maxRetries: 0))
    #expect(try next(&single) == nil)
  }

  @Test func `A cancelled attempt is not repeated, whatever the policy says`() throws {
    var attempts = attempts(policy())
    #expect(try next(&attempts, after: CancellationError()) == nil)
    #expect(try next(&attempts, after: DatastoreError(.unavailable, "gone")) == nil)
  }

  @Test func `A retry names the attempt before it, unless the transaction is read-only`() throws {
    let id = TransactionID(bytes: [7])
    for (mode, next) in [
      (TransactionMode.readWrite(), TransactionMode.readWrite(retrying: id)),
      (.readOnly(), .readOnly()),
    ] {
      var attempts = TransactionAttempts(mode, policy(), now: 0)
      _ = try attempts.next(after: aborted, id, now: 0, turn: nil, random: 0)
      #expect(attempts.mode == next)
    }
  }

  @Test func `A wait after a turn is at least the policy's own`() throws {
    var attempts = attempts(policy())
    let delay = try attempts.next(after: aborted, nil, now: 1_000, turn: 999, random: 0)
    #expect(delay == .milliseconds(10))
  }
}

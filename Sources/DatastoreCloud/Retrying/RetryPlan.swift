// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import Arrival
  internal import GRPCCore

  /// Exponential back-off: from 0.1 s, times 1.3, to 60 s, as the API's documentation asks.
  ///
  /// Each wait is random between half its length and its full length, so that clients that failed
  /// together do not retry together.
  struct BackOff: Sendable {
    private var waits = 0

    /// Returns the next wait, or `nil` if the wait would not end before the deadline.
    ///
    /// - Parameters:
    ///   - asked: The wait that the server asked for. The result is never shorter, and up to a
    ///     tenth longer, because the server may have asked other clients for the same wait.
    ///   - remaining: The time until the deadline.
    ///   - random: A random number in `0..<1`.
    mutating func next(
      asked: Duration? = nil, remaining: Duration, random: Double
    ) -> Duration? {
      let longest = (0..<min(waits, 64)).reduce(0.1) { wait, _ in min(wait * 1.3, 60) }
      waits += 1
      var wait = Duration.seconds(longest * (1 - random / 2))
      if let asked {
        // Compare before adding: a server may ask for any length of time.
        guard asked < remaining else { return nil }
        wait = max(wait, asked + asked * (random / 10))
      }
      return wait < remaining ? wait : nil
    }
  }

  /// Decides whether a failed call is retried, and when. A pure state machine, without a clock.
  struct RetryPlan: Sendable {
    /// What a repetition of the call would do.
    enum Repetition: Sendable {
      /// Nothing: a read, or a second reservation of the same IDs.
      case harmless
      /// The same as the first: a commit of upserts and deletes only, or a transaction or IDs that
      /// nobody will use. Not repeated while the first may still be running.
      case idempotent
      /// Something different: an insert, an update, or an entity that gets its ID from the server.
      case harmful
    }

    let repetition: Repetition
    /// Whether the call is a whole transaction. Such a call may be retried after ABORTED, because
    /// the server did nothing.
    let isWholeTransaction: Bool
    private var backOff = BackOff()
    private var internalFailures = 0
    private var isNewToken = false

    init(_ repetition: Repetition, isWholeTransaction: Bool = false) {
      self.repetition = repetition
      self.isWholeTransaction = isWholeTransaction
    }

    /// What to do after a failed attempt.
    enum OnFailure: Hashable {
      /// Fail the call.
      case giveUp
      /// Retry after this wait, if the retry budget allows it. The wait is never shorter than the
      /// server asked for.
      case again(after: Duration)
      /// Retry at once with a new token.
      case renewToken
    }

    /// Handles a failed attempt.
    ///
    /// - Parameters:
    ///   - failure: The failure of the attempt.
    ///   - remaining: The time until the deadline.
    ///   - random: A random number in `0..<1`.
    mutating func failed(
      _ failure: CloudFailure, remaining: Duration, random: Double
    ) -> OnFailure {
      if failure.reportsTooLarge || failure.reportsUntrustedCertificate { return .giveUp }
      switch failure.code {
      case .unauthenticated:
        // The server did not process the request, so any request may be repeated.
        if isNewToken { return .giveUp }
        isNewToken = true
        return .renewToken
      case .unavailable:
        // A request that was never sent may always be sent.
        if repetition == .harmful, failure.wasSent { return .giveUp }
      case .deadlineExceeded:
        if repetition != .harmless { return .giveUp }
      case .internalError:
        internalFailures += 1
        if repetition != .harmless || internalFailures > 1 { return .giveUp }
      case .resourceExhausted:
        // A quota refused the request; the server did nothing.
        break
      case .aborted:
        if !isWholeTransaction { return .giveUp }
      default: return .giveUp
      }
      let wait = backOff.next(asked: failure.askedWait, remaining: remaining, random: random)
      return wait.map { .again(after: $0) } ?? .giveUp
    }
  }

  extension RetryTokenBucket {
    /// Limits the retries of all calls of a connection: one for every ten calls, and fifty in
    /// reserve, so that sixteen calls under way get over a restart of the server.
    static var ofConnection: Self { RetryTokenBucket(reserve: 50, tokensPerCall: 0.1) }

    /// Takes the token for one retry; `false` if there is none.
    mutating func takeRetry(after failure: CloudFailure) -> Bool {
      // A server that names the winner of a conflict is well, and a request that was never sent was
      // no load. Waiting for a connection is no load either.
      if failure.code == .aborted || !failure.wasSent { return true }
      return takeRetry()
    }
  }
#endif

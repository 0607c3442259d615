#if Cloud
  internal import GRPCCore

  /// Waits that grow by 1.3 from 0.1 s, as the API's documentation has it, and are drawn at random from the
  /// upper half of their length, so that clients which failed together do not come back together.
  struct BackOff: Sendable {
    private var waits = 0

    /// The next wait; `nil` if it would not end before the time is up.
    ///
    /// - Parameters:
    ///   - asked: What the server asked for. The wait is no shorter, and up to a tenth longer, for the
    ///     server may have told others the same.
    ///   - random: From 0 up to 1.
    mutating func next(
      asked: Duration? = nil, remaining: Duration, random: Double
    ) -> Duration? {
      let longest = (0..<min(waits, 64)).reduce(0.1) { wait, _ in min(wait * 1.3, 60) }
      waits += 1
      var wait = Duration.seconds(longest * (1 - random / 2))
      if let asked {
        // Looked at before it is added to: a server may ask for any time.
        guard asked < remaining else { return nil }
        wait = max(wait, asked + asked * (random / 10))
      }
      return wait < remaining ? wait : nil
    }
  }

  /// Whether a call that failed is made again, and when: pure, without a clock.
  struct RetryPlan: Sendable {
    /// What repeating a call may do.
    enum Repetition: Sendable {
      /// Nothing: a read, or IDs reserved twice.
      case harmless
      /// The same once more: a commit of upserts and deletes alone, or a transaction or IDs that are
      /// begun in vain. Not repeated where the first may still be under way.
      case idempotent
      /// Something else: an insert or an update, or an entity that gets its ID from the server.
      case harmful
    }

    let repetition: Repetition
    /// Whether the call is a whole transaction, so that it may be made again when another transaction
    /// was faster: nothing of it was done then.
    let isWholeTransaction: Bool
    private var backOff = BackOff()
    private var internalFailures = 0
    private var isNewToken = false

    init(_ repetition: Repetition, isWholeTransaction: Bool = false) {
      self.repetition = repetition
      self.isWholeTransaction = isWholeTransaction
    }

    /// What to do after a failure.
    enum OnFailure: Hashable {
      /// The failure stands.
      case giveUp
      /// Again after this wait, which is no shorter than the server asked for, if the budget has
      /// something left.
      case again(after: Duration)
      /// Again at once, with a new token.
      case renewToken
    }

    /// A call has failed.
    ///
    /// - Parameters:
    ///   - remaining: What is left until the deadline.
    ///   - random: From 0 up to 1.
    mutating func failed(
      _ failure: CloudFailure, remaining: Duration, random: Double
    ) -> OnFailure {
      if failure.reportsTooLarge || failure.reportsUntrustedCertificate { return .giveUp }
      switch failure.code {
      case .unauthenticated:
        // The request was not looked at, so it may be repeated whatever it is.
        if isNewToken { return .giveUp }
        isNewToken = true
        return .renewToken
      case .unavailable:
        // What never left can be sent, whatever it is.
        if repetition == .harmful, failure.wasSent { return .giveUp }
      case .deadlineExceeded:
        if repetition != .harmless { return .giveUp }
      case .internalError:
        internalFailures += 1
        if repetition != .harmless || internalFailures > 1 { return .giveUp }
      case .resourceExhausted:
        // A quota's refusal: nothing was done.
        break
      case .aborted:
        if !isWholeTransaction { return .giveUp }
      default: return .giveUp
      }
      let wait = backOff.next(asked: failure.askedWait, remaining: remaining, random: random)
      return wait.map { .again(after: $0) } ?? .giveUp
    }
  }

  /// A bound on repetitions over all calls of a connection, which keeps a server that is in trouble from
  /// being sent several times its load: one for each ten calls, and fifty more at any time, so that sixteen
  /// calls under way get over a restart. Waiting for a connection is no load, and costs nothing.
  struct RetryBudget: Sendable {
    static let reserve = 50.0
    static let ratio = 0.1
    private var left = Self.reserve

    /// A call was made that is no repetition.
    mutating func called() { left = min(left + Self.ratio, Self.reserve) }

    /// Takes one repetition out of it, if there is one.
    mutating func spend(after failure: CloudFailure) -> Bool {
      // The server is well where it says who was faster, and what never left was no load.
      if failure.code == .aborted || !failure.wasSent { return true }
      guard left > 1 - 1e-6 else { return false }
      left -= 1
      return true
    }
  }
#endif

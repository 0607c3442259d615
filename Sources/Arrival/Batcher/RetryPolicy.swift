// SPDX-License-Identifier: Apache-2.0
/// How a ``Batcher`` retries calls that failed for a transient reason.
///
/// ```swift
/// let users = Batcher<Int, User>("users", retry: RetryPolicy { $0 is ConnectionLost }) {
///   (ids: [Int]) in try await api.users(ids)
/// }
/// ```
///
/// The waits grow exponentially, and a part of each is random, so that clients which failed
/// together do not come back together. There is no wait after the last call. If the last retry
/// fails too, the keys fail with ``RetryError``. A call that fails for another reason is not
/// retried, and its error arrives unchanged.
public struct RetryPolicy: Sendable {
  /// How often a call is retried at most. Default 3.
  public var maxRetries: Int
  /// The wait before the first retry. Default 50 ms.
  public var initialDelay: Duration
  /// The longest wait. Default 10 s.
  public var maxDelay: Duration
  /// The factor by which the wait grows each time. Default 2.
  public var multiplier: Double
  /// The share of each wait that is random: 0 for none, 1 for all of it. Default 0.5, so a wait of
  /// 100 ms takes 50 to 100 ms.
  public var jitter: Double
  /// How long after the batch was sent a retry may still begin. `nil`, the default: no limit
  /// apart from `maxRetries`.
  public var timeLimit: Duration?
  /// Limits the retries of all batches of the batcher together. `nil`: no limit.
  public var budget: Budget?
  /// Makes the random waits the same in each run, for tests. `nil`, the default: they vary.
  public var seed: UInt64?
  /// Whether a call that failed with this error may succeed later. Called on the executor.
  public var isTransient: @Sendable (any Error) -> Bool

  /// A limit for the retries of all batches together. It keeps a backend that is down from
  /// being sent several times its load.
  public struct Budget: Sendable, Hashable {
    /// One retry for every ten calls, and ten more in reserve.
    public static let `default` = Budget()

    /// How many retries each call pays for. Default 0.1.
    public var ratio: Double
    /// How many retries are paid for at the start, and how many can be saved up. Default 10.
    public var reserve: Double

    public init(ratio: Double = 0.1, reserve: Double = 10) {
      precondition(
        ratio >= 0 && ratio.isFinite, "ratio is a number of retries per call, zero or more")
      precondition(
        reserve >= 0 && reserve.isFinite, "reserve is a number of retries, zero or more")
      self.ratio = ratio
      self.reserve = reserve
    }
  }

  public init(
    maxRetries: Int = 3, initialDelay: Duration = .milliseconds(50),
    maxDelay: Duration = .seconds(10), multiplier: Double = 2, jitter: Double = 0.5,
    timeLimit: Duration? = nil, budget: Budget? = .default, seed: UInt64? = nil,
    isTransient: @escaping @Sendable (any Error) -> Bool
  ) {
    self.maxRetries = maxRetries
    self.initialDelay = initialDelay
    self.maxDelay = maxDelay
    self.multiplier = multiplier
    self.jitter = jitter
    self.timeLimit = timeLimit
    self.budget = budget
    self.seed = seed
    self.isTransient = isTransient
    check()
  }

  /// Called by the initialiser, and by the batcher, because properties can change in between.
  func check() {
    precondition(maxRetries >= 0, "maxRetries is a number of retries, zero or more")
    precondition(initialDelay >= .zero, "initialDelay is a time, zero or more")
    precondition(maxDelay >= .zero, "maxDelay is a time, zero or more")
    precondition(
      multiplier >= 1 && multiplier.isFinite, "multiplier is a factor, 1 or more")
    precondition((0...1).contains(jitter), "jitter is a share of the wait, from 0 to 1")
    if let timeLimit {
      precondition(timeLimit >= .zero, "timeLimit is a time, zero or more; nil means no limit")
    }
  }

  /// The wait before a retry.
  ///
  /// - Parameters:
  ///   - retry: which retry, counted from 1.
  ///   - random: from 0 up to 1.
  package func delay(before retry: Int, random: Double) -> Duration {
    var nanoseconds = Double(initialDelay.clampedNanoseconds)
    let longest = Double(maxDelay.clampedNanoseconds)
    // Not a power, which would overflow if there are many retries.
    for _ in 1..<max(retry, 1) where nanoseconds < longest { nanoseconds *= multiplier }
    return .nanoseconds(Int64(min(nanoseconds, longest) * (1 - jitter * random)))
  }
}

/// A call failed for a transient reason each time, and its ``RetryPolicy`` allows no more
/// retries.
public struct RetryError: CausedError, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// How many calls were made.
  public let attempts: Int
  /// The error of the last call.
  public let lastError: any Error
  /// The last call's error with its traceback.
  public let causes: [ErrorReport]

  init(batcher: String, attempts: Int, last error: any Error) {
    self.batcher = batcher
    self.attempts = attempts
    lastError = error
    // A failure knows where its error was thrown.
    let failure = Future<Never>(error: error, name: "the last call of \(batcher)")
    causes = [ErrorReport(failure) ?? ErrorReport(error)]
  }

  public var description: String {
    "\(batcherText(batcher)): \(attempts == 1 ? "the call" : "each of \(attempts) calls")"
      + " failed for a transient reason, and no retry is left; the last error: \(lastError)"
  }
}

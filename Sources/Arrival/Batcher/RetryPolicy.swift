/// How a ``Batcher`` repeats calls that failed for a reason that may pass.
///
/// ```swift
/// Batcher("users", retry: RetryPolicy { $0 is ConnectionLost }) { … }
/// ```
///
/// The waits grow exponentially and are drawn at random from a part of their length, so that clients
/// which failed together do not come back together. Nothing is waited for after the last try.
/// A call that fails for another reason is not repeated, and its error arrives unchanged; one that
/// was repeated in vain fails its keys with ``RetryError``.
public struct RetryPolicy: Sendable {
  /// How often a call is repeated; it is made once more than that. Default 3.
  public var maxRetries: Int
  /// The wait before the first repetition. Default 50 ms.
  public var initialDelay: Duration
  /// The longest wait. Default 10 s.
  public var maxDelay: Duration
  /// By what the wait grows each time. Default 2.
  public var multiplier: Double
  /// The share of each wait that is drawn at random: 0 for none, 1 for all of it. Default 0.5, so a
  /// wait of 100 ms takes 50 to 100 ms.
  public var jitter: Double
  /// How long after a batch was first sent a repetition may still begin. `nil`, the default: no
  /// limit but `maxRetries`.
  public var timeLimit: Duration?
  /// Bounds repetitions over all batches of the batcher. `nil`: no bound.
  public var budget: Budget?
  /// Makes the random waits the same in each run, for tests. `nil`, the default: they differ.
  public var seed: UInt64?
  /// Whether a call that failed with this error may succeed later. Called on the executor.
  public var isTransient: @Sendable (any Error) -> Bool

  /// A bound on repetitions over all batches, which keeps a backend that is down from being sent
  /// several times its load.
  public struct Budget: Sendable, Hashable {
    /// One repetition for each ten calls, and ten more at any time.
    public static let `default` = Budget()

    /// How many repetitions each call adds to what may be spent. Default 0.1.
    public var ratio: Double
    /// What may be spent at the start, and the most that is saved up. Default 10.
    public var reserve: Double

    public init(ratio: Double = 0.1, reserve: Double = 10) {
      precondition(ratio >= 0 && ratio.isFinite, "ratio is repetitions a call, zero or more")
      precondition(reserve >= 0 && reserve.isFinite, "reserve is repetitions, zero or more")
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

  /// Properties may be changed after the initialiser, so the batcher asks again.
  func check() {
    precondition(maxRetries >= 0, "maxRetries is a number of repetitions, zero or more")
    precondition(initialDelay >= .zero, "initialDelay is a time, zero or more")
    precondition(maxDelay >= .zero, "maxDelay is a time, zero or more")
    precondition(
      multiplier >= 1 && multiplier.isFinite, "multiplier is 1 or more, or waits would shrink")
    precondition((0...1).contains(jitter), "jitter is a share of the wait, from 0 to 1")
    if let timeLimit {
      precondition(timeLimit >= .zero, "timeLimit is a time, zero or more; nil means no limit")
    }
  }

  /// The wait before a repetition, counted from 1.
  ///
  /// - Parameter random: from 0 up to 1.
  package func delay(before retry: Int, random: Double) -> Duration {
    var nanoseconds = Double(initialDelay.clampedNanoseconds)
    let longest = Double(maxDelay.clampedNanoseconds)
    // Not a power: it would overflow for a policy of many repetitions.
    for _ in 1..<max(retry, 1) where nanoseconds < longest { nanoseconds *= multiplier }
    return .nanoseconds(Int64(min(nanoseconds, longest) * (1 - jitter * random)))
  }
}

/// A call was repeated as often as its ``RetryPolicy`` allows, and failed each time.
public struct RetryError: CausedError, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// How many calls were made.
  public let attempts: Int
  /// The error of the last one.
  public let cause: (any Error)?
  /// Its report, with the way it came.
  public let causeReport: ErrorReport?

  init(batcher: String, attempts: Int, last error: any Error) {
    self.batcher = batcher
    self.attempts = attempts
    cause = error
    // A failure knows where its error was thrown.
    causeReport = ErrorReport(Future<Never>(error: error, name: "the last call of \(batcher)"))
  }

  public var description: String {
    "batcher \"\(batcher)\": \(attempts == 1 ? "the call" : "each of \(attempts) calls") failed with"
      + " an error that may pass; the last one: \(cause.map { "\($0)" } ?? "unknown")"
  }
}

/// What is left of a budget of repetitions. Pure.
struct RetryAllowance: Sendable {
  private let budget: RetryPolicy.Budget
  private var left: Double

  init(_ budget: RetryPolicy.Budget) {
    self.budget = budget
    left = budget.reserve
  }

  /// A call was made that is no repetition.
  mutating func called() { left = min(left + budget.ratio, max(budget.reserve, budget.ratio)) }

  /// Takes one repetition out of it, if there is one.
  mutating func spend() -> Bool {
    // Sums of tenths fall short of one by a little.
    guard left > 1 - 1e-6 else { return false }
    left -= 1
    return true
  }
}

/// Which keys of a batch are in the next call, after calls that failed. Pure.
///
/// It begins with all keys in one call. A call that was too large comes back as two halves, one after
/// the other, so that order is kept and an element too large by itself fails alone. One that
/// failed for a passing reason comes back after a wait. All repetitions of a batch count together.
struct CallPlan {
  /// Some keys of a batch, in order.
  enum Keys: Equatable {
    case all
    /// By their places in the batch.
    case some([Int])
  }

  /// What follows from a failure.
  enum OnFailure: Equatable {
    /// The same keys are called for again, in two parts.
    case halved
    /// The same keys are called for again after a wait.
    case retried(after: Duration)
    /// The keys fail, with the error itself.
    case failed
    /// The keys fail: the error may pass, but there are no repetitions left.
    case exhausted
  }

  /// What kind of failure it was. A call that was cancelled would be cancelled again.
  enum Kind { case tooLarge, transient, cancellation, other }

  private let count: Int
  private let policy: RetryPolicy?
  /// Any failure is halved, and not those for size alone.
  private let isolates: Bool
  /// Calls to make, the next one last.
  private var calls: [Keys] = [.all]
  /// Repetitions so far.
  private(set) var retries = 0

  init(count: Int, policy: RetryPolicy?, isolates: Bool) {
    self.count = count
    self.policy = policy
    self.isolates = isolates
  }

  /// The keys of the next call; `nil` if there is none left to make.
  mutating func next() -> Keys? { calls.popLast() }

  /// Whether the call that `next()` gave last is the last one.
  var isAtLast: Bool { calls.isEmpty }

  /// A call failed as a whole.
  ///
  /// - Parameters:
  ///   - elapsed: since the batch was sent.
  ///   - random: from 0 up to 1.
  ///   - spend: takes one repetition out of the budget, if there is one.
  mutating func failed(
    _ keys: Keys, _ kind: Kind, elapsed: Duration, random: Double, spend: () -> Bool
  ) -> OnFailure {
    if kind == .transient,
      let delay = retry(elapsed: elapsed, random: random, spend: spend)
    {
      calls.append(keys)
      return .retried(after: delay)
    }
    if kind == .tooLarge || isolates && kind != .cancellation, halve(keys) { return .halved }
    return kind == .transient && (policy?.maxRetries ?? 0) > 0 ? .exhausted : .failed
  }

  /// Some keys of a call that went well failed for a passing reason. Gives the wait before they may
  /// be called for again; `nil` if there are no repetitions left.
  mutating func retry(elapsed: Duration, random: Double, spend: () -> Bool) -> Duration? {
    guard let policy, retries < policy.maxRetries else { return nil }
    let delay = policy.delay(before: retries + 1, random: random)
    if let limit = policy.timeLimit, elapsed + delay > limit { return nil }
    guard spend() else { return nil }
    retries += 1
    return delay
  }

  /// These keys are called for next.
  mutating func callAgain(_ keys: [Int]) { calls.append(.some(keys)) }

  private mutating func halve(_ keys: Keys) -> Bool {
    let all =
      switch keys {
      case .all: Array(0..<count)
      case .some(let keys): keys
      }
    guard all.count > 1 else { return false }
    let middle = all.count / 2
    calls.append(.some(Array(all[middle...])))
    calls.append(.some(Array(all[..<middle])))
    return true
  }
}

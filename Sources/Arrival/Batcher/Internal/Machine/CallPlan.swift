// SPDX-License-Identifier: Apache-2.0
/// Decides which keys of a batch are in the next call, after calls that failed. Pure.
///
/// It begins with one call for all keys. A call that was too large is made again in two halves, one
/// after the other, so that keys keep their order and a key that is too large by itself fails
/// alone. A call that failed for a transient reason is made again after a wait. The retries of
/// all calls for one batch count together.
struct CallPlan {
  /// Some keys of a batch, in order.
  enum Keys: Equatable {
    case all
    /// By their places in the batch.
    case some([Int])
  }

  /// What follows from a failure.
  enum OnFailure: Equatable {
    /// The same keys are requested again, in two halves.
    case halved
    /// The same keys are requested again after a wait.
    case retried(after: Duration)
    /// The keys fail with the error itself.
    case failed
    /// The keys fail: the error may pass, but no retry is left.
    case exhausted
  }

  /// Why a call failed. A call that was cancelled would be cancelled again.
  enum Kind { case tooLarge, transient, cancellation, other }

  private let count: Int
  private let policy: RetryPolicy?
  /// Whether a call is halved after any failure, and not only if it was too large.
  private let isolates: Bool
  /// The calls to make; the next one is last.
  private var calls: [Keys]
  /// How many calls were retried.
  private(set) var retries = 0

  /// - Parameter keys: the keys of the first call; `nil` if there is none to make.
  init(count: Int, policy: RetryPolicy?, isolates: Bool, keys: Keys? = .all) {
    calls = keys.map { [$0] } ?? []
    self.count = count
    self.policy = policy
    self.isolates = isolates
  }

  /// The keys of the next call; `nil` if none is left to make.
  mutating func next() -> Keys? { calls.popLast() }

  /// Whether the call that `next()` returned last is the last one.
  var isAtLast: Bool { calls.isEmpty }

  /// A call failed as a whole.
  ///
  /// - Parameters:
  ///   - elapsed: the time since the batch was sent.
  ///   - random: from 0 up to 1.
  ///   - takeRetry: takes one retry from the budget; `false` if none is left.
  mutating func failed(
    _ keys: Keys, _ kind: Kind, elapsed: Duration, random: Double, takeRetry: () -> Bool
  ) -> OnFailure {
    if kind == .transient,
      let delay = retry(elapsed: elapsed, random: random, takeRetry: takeRetry)
    {
      calls.append(keys)
      return .retried(after: delay)
    }
    if kind == .tooLarge || isolates && kind != .cancellation, halve(keys) { return .halved }
    return kind == .transient && (policy?.maxRetries ?? 0) > 0 ? .exhausted : .failed
  }

  /// A call succeeded, but some of its keys failed for a transient reason. Returns the wait before
  /// they may be requested again; `nil` if no retry is left.
  mutating func retry(elapsed: Duration, random: Double, takeRetry: () -> Bool) -> Duration? {
    guard let policy, retries < policy.maxRetries else { return nil }
    let delay = policy.delay(before: retries + 1, random: random)
    if let limit = policy.timeLimit, elapsed + delay > limit { return nil }
    guard takeRetry() else { return nil }
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

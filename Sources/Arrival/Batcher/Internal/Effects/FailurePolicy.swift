// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What a batcher does about calls that fail.
struct FailurePolicy: Sendable {
  let retry: RetryPolicy?
  /// Whether a call that fails for any reason is halved, to find the keys it fails for.
  let isolates: Bool
  private let isTooLarge: (@Sendable (any Error) -> Bool)?
  private let shared: Shared

  /// What the calls of all batches share.
  private final class Shared: Sendable {
    let generator: Lock<SeededGenerator>
    let tokens: Lock<RetryTokenBucket>?

    init(_ retry: RetryPolicy?) {
      generator = Lock(SeededGenerator(seed: retry?.seed ?? .random(in: .min ... .max)))
      tokens = retry?.budget.map {
        Lock(RetryTokenBucket(reserve: $0.reserve, tokensPerCall: $0.ratio))
      }
    }
  }

  /// `nil` if nothing is done.
  init?(
    _ retry: RetryPolicy?, _ isTooLarge: (@Sendable (any Error) -> Bool)?, isolates: Bool
  ) {
    if retry == nil, isTooLarge == nil, !isolates { return nil }
    retry?.check()
    self.retry = retry
    self.isTooLarge = isTooLarge
    self.isolates = isolates
    shared = Shared(retry)
  }

  /// Nothing is done.
  static let nothing = FailurePolicy()

  private init() {
    retry = nil
    isolates = false
    isTooLarge = nil
    shared = Shared(nil)
  }

  func kind(of error: any Error) -> CallPlan.Kind {
    if error is CancellationError { return .cancellation }
    if let isTooLarge, isTooLarge(error) { return .tooLarge }
    return retry?.isTransient(error) == true ? .transient : .other
  }

  /// From 0 up to 1.
  func random() -> Double {
    shared.generator.withLock { Double.random(in: 0..<1, using: &$0) }
  }

  /// The first call for a batch is made.
  func addCall() { shared.tokens?.withLock { $0.addCall() } }

  /// Takes one retry from the budget; `false` if none is left.
  func takeRetry() -> Bool { shared.tokens?.withLock { $0.takeRetry() } ?? true }
}

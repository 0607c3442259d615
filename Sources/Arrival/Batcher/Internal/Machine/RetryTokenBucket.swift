// SPDX-License-Identifier: Apache-2.0
/// Limits how often calls are retried, in proportion to how often they are made. Pure.
///
/// Keeps a backend that is down from being sent several times its load. Each call adds a part of a
/// token, up to the capacity; each retry takes one.
package struct RetryTokenBucket: Sendable {
  private let tokensPerCall: Double
  private let capacity: Double
  private var tokens: Double

  /// A bucket with `reserve` tokens.
  ///
  /// - Parameters:
  ///   - reserve: how many tokens there are at the start, and how many are saved up at most.
  ///   - tokensPerCall: how many retries each call pays for.
  package init(reserve: Double, tokensPerCall: Double) {
    self.tokensPerCall = tokensPerCall
    // Or a bucket without a reserve could never be used.
    capacity = max(reserve, tokensPerCall)
    tokens = reserve
  }

  /// A call was made that is no retry.
  package mutating func addCall() { tokens = min(tokens + tokensPerCall, capacity) }

  /// Takes the token for one retry; `false` if there is none.
  package mutating func takeRetry() -> Bool {
    // Sums of tenths fall short of one by a little.
    guard tokens > 1 - 1e-6 else { return false }
    tokens -= 1
    return true
  }
}

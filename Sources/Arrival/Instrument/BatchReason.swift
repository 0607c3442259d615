// SPDX-License-Identifier: Apache-2.0
/// Why a batch left.
public enum BatchReason: Sendable, Hashable, CaseIterable {
  /// It had the largest number of keys, or the largest weight, of one call.
  case full
  /// Nothing that could run then could add a key to it.
  case quiescence
  /// A thread that could have added a key was about to sleep for one of its futures.
  case blockedThread
  /// It had waited for `maxDelay`, and nothing could tell whether more keys would come.
  case maxDelay
  /// `flush()` was called.
  case flush
}

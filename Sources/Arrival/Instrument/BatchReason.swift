/// Why a batch left.
public enum BatchReason: Sendable, Hashable, CaseIterable {
  /// It had as many keys, or as much weight, as one call may have.
  case full
  /// Nothing that could run then could have added to it.
  case quiescence
  /// A thread that could have added to it was about to sleep for one of its futures.
  case blockedThread
  /// It had waited for `maxDelay`.
  case maxDelay
  /// Somebody called `flush()`.
  case flush
}

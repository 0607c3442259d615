// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The use of a thread of Swift's global pool for the first step of an operation.
///
/// An operation may block, even for a plain task, which needs a thread of the pool. So only one
/// thread is borrowed at a time, and none if the pool has but one.
struct ThreadLoan {
  private static let isTaken = Atomic(false)
  private static let mayBorrow = coreCount() > 1

  private let since = monotonicNow()

  /// `nil` if another thread is borrowed already.
  static func take() -> ThreadLoan? {
    guard mayBorrow,
      isTaken.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
    else { return nil }
    return ThreadLoan()
  }

  /// Gives the thread back. Returns for how long it was used.
  func end() -> Nanoseconds {
    Self.isTaken.store(false, ordering: .relaxed)
    return monotonicNow() - since
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Until when callers wait for a call at most. It may become later while the call is under way,
/// because a load that shares a cached one may have a later limit, or none.
final class CallDeadline: Sendable {
  private static let none = Nanoseconds.max
  private let time: Atomic<Nanoseconds>

  init(_ time: Nanoseconds) { self.time = Atomic(time) }

  /// `nil` if a caller has no limit.
  var current: Nanoseconds? {
    let time = time.load(ordering: .relaxed)
    return time == Self.none ? nil : time
  }

  /// Sets the time; `nil` for none. Called under the batcher's lock.
  func set(_ new: Nanoseconds?) { time.store(new ?? Self.none, ordering: .relaxed) }
}

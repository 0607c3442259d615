// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Counts the beginnings and ends of a thread's jobs. Written by that thread, read by all.
final class JobCounter: Sendable {
  private let count = Atomic<UInt>(0)

  /// A job begins or ends.
  func advance() {
    // One writer, so no read-modify-write is needed.
    count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  /// The job that the thread runs now. Only for the thread itself.
  var now: JobMark { JobMark(counter: self, count: count.load(ordering: .relaxed)) }

  fileprivate func isAt(_ value: UInt) -> Bool { count.load(ordering: .relaxed) == value }
}

/// A job of some thread.
struct JobMark: Sendable {
  fileprivate let counter: JobCounter
  fileprivate let count: UInt

  /// Whether both are one job, which then has one spawner too.
  func isSame(as other: JobMark) -> Bool { count == other.count && counter === other.counter }

  /// Whether the thread is still in it.
  var isRunning: Bool { counter.isAt(count) }
}

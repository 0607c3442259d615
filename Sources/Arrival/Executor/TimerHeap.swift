// SPDX-License-Identifier: Apache-2.0
/// A call to make at a given time.
///
/// `@unchecked Sendable`: `index` and `sequence` belong to the heap and so to its executor's lock.
final class Timer: @unchecked Sendable {
  /// Why the call is made.
  enum Reason { case due, shutDown }

  let deadline: Nanoseconds
  let body: @Sendable (Reason) -> Void
  fileprivate var sequence: UInt64 = 0
  fileprivate var index: Int?

  init(deadline: Nanoseconds, body: @escaping @Sendable (Reason) -> Void) {
    self.deadline = deadline
    self.body = body
  }
}

/// Timers in the order of their times, and of adding for equal times. A binary heap: O(log n) to
/// add, take and remove.
///
/// A timer knows its place in the heap, so that a wait that ends early can remove its timer.
struct TimerHeap {
  private var timers: [Timer] = []
  private var nextSequence: UInt64 = 0

  var count: Int { timers.count }
  var isEmpty: Bool { timers.isEmpty }
  /// When the first timer is due.
  var nextDeadline: Nanoseconds? { timers.first?.deadline }

  mutating func add(_ timer: Timer) {
    timer.sequence = nextSequence
    nextSequence += 1
    timers.append(timer)
    siftUp(timers.count - 1)
  }

  /// The first timer, if it is due.
  mutating func popDue(at now: Nanoseconds) -> Timer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  /// Removes a timer; `false` if it was not in the heap.
  @discardableResult
  mutating func remove(_ timer: Timer) -> Bool {
    guard let index = timer.index else { return false }
    timer.index = nil
    let last = timers.removeLast()
    if last !== timer {
      place(last, at: index)
      siftDown(index)
      siftUp(index)
    }
    return true
  }

  private mutating func place(_ timer: Timer, at index: Int) {
    timers[index] = timer
    timer.index = index
  }

  private func isBefore(_ a: Timer, _ b: Timer) -> Bool {
    (a.deadline, a.sequence) < (b.deadline, b.sequence)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    let timer = timers[index]
    while index > 0 {
      let parent = (index - 1) / 2
      if !isBefore(timer, timers[parent]) { break }
      place(timers[parent], at: index)
      index = parent
    }
    place(timer, at: index)
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    let timer = timers[index]
    while true {
      var child = 2 * index + 1
      if child >= timers.count { break }
      if child + 1 < timers.count, isBefore(timers[child + 1], timers[child]) { child += 1 }
      if !isBefore(timers[child], timer) { break }
      place(timers[child], at: index)
      index = child
    }
    place(timer, at: index)
  }
}

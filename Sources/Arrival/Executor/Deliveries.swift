// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Counts the batches whose futures are being completed at the moment.
///
/// A completion resumes the tasks that wait, one after the other. The first of them may load again
/// and find its executor idle before the last one is resumed. So a probe waits until nothing is
/// being delivered.
enum Deliveries {
  private struct State {
    var underWay = 0
    var waiting: [@Sendable () -> Void] = []
  }

  private static let state = Lock(State())

  static var areUnderWay: Bool { state.withLock { $0.underWay > 0 } }

  /// Runs `deliver`, which completes futures. A blocking wait inside it does not count.
  static func during(_ deliver: () -> Void) {
    let thread = ThreadState.current
    thread.deliveries += 1
    begin(1)
    deliver()
    thread.deliveries -= 1
    end(1)
  }

  static func begin(_ count: Int) { state.withLock { $0.underWay += count } }

  static func end(_ count: Int) {
    let waiting = state.withLock { state -> [@Sendable () -> Void] in
      state.underWay -= count
      if state.waiting.isEmpty { return [] }
      defer { state.waiting = [] }
      return state.waiting
    }
    for resume in waiting { resume() }
  }

  /// Calls `body` when one of the deliveries under way is over; at once if there is none.
  static func whenOver(_ body: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      if state.underWay > 0 { state.waiting.append(body) }
      return state.underWay == 0
    }
    if isOver { body() }
  }
}

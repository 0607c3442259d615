// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Counts the calls under way, so that closing can wait for them and refuse later calls.
///
/// A call either calls ``enter()`` and ``leave()``, or holds an ``Entry`` that leaves when it is
/// dropped.
package final class InFlightCalls: Sendable {
  private struct State {
    var count = 0
    var isClosed = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  package init() {}

  /// Counts a call from now on. Returns `false` after ``close()``. A counted call must ``leave()``.
  package func enter() -> Bool {
    state.withLock { state in
      if !state.isClosed { state.count += 1 }
      return !state.isClosed
    }
  }

  /// Counts a call that may begin even after ``close()``.
  package func begin() { state.withLock { $0.count += 1 } }

  /// Ends a call that was counted.
  package func leave() {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.count -= 1
      guard state.count == 0 else { return [] }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Refuses later calls. Returns whether this was the first call of `close`.
  @discardableResult
  package func close() -> Bool {
    state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
  }

  /// Waits until no call is under way.
  package func drain() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.count > 0 { state.waiting.append(continuation) }
        return state.count == 0
      }
      if isIdle { continuation.resume() }
    }
  }
}

extension InFlightCalls {
  /// A call, from its request until it has ended or is dropped without having run.
  package final class Entry: Sendable {
    private let owner: InFlightCalls
    private let hasLeft = Atomic(false)

    fileprivate init(_ owner: InFlightCalls) { self.owner = owner }

    // Without an earlier `leave()`, the tasklet of the call never ran.
    deinit { leave() }

    /// Ends the call. Later calls do nothing.
    package func leave() {
      if !hasLeft.exchange(true, ordering: .acquiringAndReleasing) { owner.leave() }
    }
  }

  /// Counts a call until its entry leaves. Returns `nil` after ``close()``.
  package func makeEntry() -> Entry? { enter() ? Entry(self) : nil }
}

// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The timer of a future's source. It is removed from the executor as soon as the source stops it.
struct SourceTimer: ~Copyable {
  // Not private: compiler 6.3 crashes on a private type in the lock of a struct of another file.
  enum State {
    case notSet
    case set(Timer)
    case over
  }

  let executor: TaskletExecutor
  private let state = Lock(State.notSet)

  init(_ executor: TaskletExecutor) { self.executor = executor }

  /// Calls `body` after the delay, unless the source has stopped the timer. To be called once.
  func start(after delay: Duration, _ body: @escaping @Sendable (Timer.Reason) -> Void) {
    let timer = executor.addTimer(after: delay, body)
    let isTooLate = state.withLock { state in
      if case .over = state { return true }
      state = .set(timer)
      return false
    }
    if isTooLate { executor.cancel(timer) }
  }

  /// Removes the timer. What it calls, and what that holds, is freed.
  func stop() {
    var old = State.over
    state.withLock { swap(&$0, &old) }
    if case .set(let timer) = old { executor.cancel(timer) }
  }

  /// When it is due; `nil` if it is not set.
  var deadline: Nanoseconds? {
    state.withLock { state in
      if case .set(let timer) = state { timer.deadline } else { nil }
    }
  }
}

internal import Synchronization

extension Future where Value == Never {
  /// A future that is done after `delay`. A negative delay means at once.
  ///
  /// The time is that of the executor, so a manual clock governs it in tests. Cancelling the future
  /// removes the timer.
  public static func sleep(
    for delay: Duration, on executor: TaskletExecutor? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Void> {
    let executor = executor ?? .current
    let future = Future<Void>(
      pending: "sleep", site: SourceSite(function: function, file: file, line: line))
    let timer = executor.addTimer(after: delay) { reason in
      switch reason {
      case .due: future.succeed(())
      case .shutDown: _ = future.fail(with: ExecutorShutDown(executor: executor.name))
      }
    }
    // A timer that has fired already need not be removed.
    future.state.withLock { state in
      if !future.done() { state.link = TimerSource(executor: executor, timer: timer) }
    }
    return future
  }
}

/// A timer as the source of a future.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
final class TimerSource: FutureSource, @unchecked Sendable {
  let executor: TaskletExecutor
  private let timer: Timer

  init(executor: TaskletExecutor, timer: Timer) {
    self.executor = executor
    self.timer = timer
  }

  override func futureDidComplete(_ future: FutureCore) { executor.cancel(timer) }

  override var kind: String { "timer" }
  override var pendingText: String? {
    let now = executor.now()
    return timer.deadline > now ? "due in \(ageText(timer.deadline - now))" : "due"
  }
}

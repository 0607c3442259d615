// SPDX-License-Identifier: Apache-2.0
extension Future where Value == Void {
  /// A future that is done after `delay`. A negative delay means at once.
  ///
  /// The time is that of the executor, so a manual clock governs it in tests. The timer is removed
  /// as soon as the future is cancelled. It is also removed when the last task that waited for the
  /// future is cancelled and nothing else holds it.
  public static func sleep(
    for delay: Duration, on executor: TaskletExecutor? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future {
    let executor = executor ?? .current
    let source = TimerSource(executor)
    let future = Future(
      pending: "sleep", site: SourceSite(function: function, file: file, line: line),
      source: source)
    source.own(future)
    source.start(after: delay)
    return future
  }
}

/// A timer as the source of a future.
// `@unchecked Sendable`: as its base class; what it adds never changes.
final class TimerSource: OwningSource, @unchecked Sendable {
  private let timer: SourceTimer

  init(_ executor: TaskletExecutor) { timer = SourceTimer(executor) }

  var executor: TaskletExecutor { timer.executor }

  /// Completes the future after the delay.
  func start(after delay: Duration) {
    // The executor holds the source, and so the future, until the time has come.
    timer.start(after: delay) { [self] reason in
      guard let future = releaseFuture() else { return timer.stop() }
      switch reason {
      case .due: unsafeDowncast(future, to: Future<Void>.self).succeed(())
      case .shutDown: _ = future.fail(with: ExecutorShutDown(executor: executor.name))
      }
    }
  }

  override func futureDidComplete(_ future: FutureCore) {
    releaseFuture()
    timer.stop()
  }

  override func futureWasDropped() { timer.stop() }

  override var kind: String { "timer" }
  override var pendingText: String? {
    guard let deadline = timer.deadline else { return nil }
    let now = executor.now()
    return deadline > now ? "due in \(ageText(deadline - now))" : "due"
  }
}

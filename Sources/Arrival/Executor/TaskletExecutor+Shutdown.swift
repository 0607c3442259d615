// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension TaskletExecutor {
  /// Ends the executor; blocks until it has come to rest.
  ///
  /// From now on new tasklets are refused, and their futures fail with ``ExecutorShutDown``. Only
  /// code that runs in a tasklet of the executor may still start more. Work that is ready runs
  /// until nothing is left to run. Then the executor is closed: the futures of pending tasklets and
  /// timers fail with ``ExecutorShutDown``, the tasks are cancelled and run to their ends, and
  /// everything new is refused, timers too. Then the threads end. A second call waits too.
  ///
  /// A tasklet that waits for something outside is pending when nothing is left to run. To give
  /// such tasklets time, use ``shutdown(within:)-6dtfh``.
  ///
  /// A tasklet may shut its own executor down. It is pending then, so its future fails with
  /// ``ExecutorShutDown`` and its task is cancelled; the call returns and its code goes on.
  ///
  /// Steps of tasks that arrive later still run, so no task is left half done.
  public func shutdown() {
    beginClosing()
    if !runIfManual() { moment(.atRest).future.wait() }
    failPending()
    if !runIfManual() { moment(.atRest).future.wait() }
    letThreadsExit()
  }

  /// Ends the executor; suspends until it has come to rest. See the blocking overload.
  public nonisolated(nonsending) func shutdown() async {
    beginClosing()
    if !runIfManual() { await moment(.atRest).future.wait() }
    failPending()
    if !runIfManual() { await moment(.atRest).future.wait() }
    letThreadsExit()
  }

  /// Ends the executor, and gives its tasklets time to end; blocks for at most `limit`.
  ///
  /// From now on new tasklets are refused, as with ``shutdown()-8hgos``. The call returns as soon
  /// as every tasklet has ended. Timers go on until then. When the time is up, the futures of the
  /// tasklets that have not ended fail with ``ExecutorShutDown`` and their tasks are cancelled, but
  /// the call does not wait for the ends of the tasks.
  ///
  /// ```swift
  /// for tasklet in executor.shutdown(within: .seconds(10)) {
  ///   logger.warning("did not end: \(tasklet)")
  /// }
  /// ```
  ///
  /// If a tasklet of the executor calls it, the call does not wait for that tasklet and does not
  /// report it; its future fails as the others do. A manual executor runs what is ready, and its
  /// clock does not move.
  ///
  /// - Returns: the tasklets that did not end in time, the oldest first; empty if all ended.
  @discardableResult
  public func shutdown(within limit: Duration) -> [UnfinishedTasklet] {
    beginClosing()
    if !runIfManual() {
      let (ended, callback) = moment(.ended(except: enclosingTasklet))
      if !ended.wait(for: limit) { giveUp(ended, callback) }
    }
    return endNow()
  }

  /// Ends the executor, and gives its tasklets time to end; suspends for at most `limit`.
  ///
  /// See the blocking overload. When the calling task is cancelled, the time is up.
  @discardableResult
  public nonisolated(nonsending) func shutdown(within limit: Duration) async -> [UnfinishedTasklet]
  {
    beginClosing()
    if !runIfManual() {
      let (ended, callback) = moment(.ended(except: enclosingTasklet))
      if await !ended.wait(for: limit) { giveUp(ended, callback) }
    }
    return endNow()
  }

  /// Whether a shutdown has begun, for tests.
  package var isClosing: Bool { !loop.withLock { $0.admission.isOpen } }

  private func beginClosing() { loop.withLock { $0.beginClosing() } }

  /// With the manual driver, runs the ready work here: no other thread would.
  private func runIfManual() -> Bool {
    if !isManual { return false }
    while runOnce() {}
    return true
  }

  /// A future that is done at a moment of quiescence, and the callback that completes it.
  private func moment(_ moment: IdleCallback.Moment) -> (future: Future<Void>, IdleCallback) {
    let promise = Promise<Void>("the end of \(name)")
    let callback = IdleCallback(moment, repeats: false) { promise.succeed() }
    perform(loop.withLock { $0.add(callback) })
    return (promise.future, callback)
  }

  /// The time is up. The future must not end as that of a promise that somebody has lost.
  private func giveUp(_ ended: Future<Void>, _ callback: IdleCallback) {
    _ = ended.complete(.success(()))
    loop.withLock { $0.remove(callback) }
  }

  private func endNow() -> [UnfinishedTasklet] {
    let caller = enclosingTasklet
    let unfinished = failPending { pending in
      pending.lazy.filter { $0.tasklet !== caller }.enumerated().map { index, pending in
        UnfinishedTasklet(pending, showsWait: index < UnfinishedTasklet.maxWaits)
      }
    }
    letThreadsExit()
    return unfinished
  }

  private func failPending() { failPending { _ in } }

  /// Ends what is pending, for a manual executor. Nobody is told of the failures of futures that a
  /// test has left.
  func endPending(running steps: () -> Void) {
    beginClosing()
    steps()
    failPending(isReported: false) { _ in }
    steps()
  }

  /// - Parameters:
  ///   - isReported: whether failures that nobody looks at are reported.
  ///   - look: is given the pending tasklets before they fail.
  private func failPending<Report>(
    isReported: Bool = true, _ look: ([Tasklet.Pending]) -> Report
  ) -> Report {
    let (tasklets, timers) = loop.withLock { $0.close() }
    let report = look(tasklets)
    let fanOut = FanOut()
    for tasklet in tasklets {
      tasklet.fail(with: ExecutorShutDown(executor: name), fanOut, isReported: isReported)
    }
    for timer in timers { timer.body(.shutDown) }
    perform(loop.withLock { $0.failedAll() })
    return report
  }

  private func letThreadsExit() {
    for worker in loop.withLock({ $0.letThreadsExit() }) { worker.parker.unpark() }
  }
}

/// A tasklet that had not ended when ``TaskletExecutor/shutdown(within:)-6dtfh`` gave it up.
public struct UnfinishedTasklet: Sendable, Hashable, CustomStringConvertible {
  /// Of how many tasklets the description says what they wait for. Looking that up takes time.
  static let maxWaits = 100

  /// The name given at creation.
  public let name: String?
  /// Where the tasklet was started; `nil` if nothing holds its future any more.
  public let creationSite: SourceSite?
  /// The tasklet's name, where it was started, and, for the first hundred, what it waited for.
  public let description: String

  init(_ pending: Tasklet.Pending, showsWait: Bool) {
    name = pending.future?.name
    creationSite = pending.future?.creationSite
    guard let future = pending.future else {
      description = "a tasklet whose future was dropped"
      return
    }
    description =
      showsWait
      ? "\(future)" : "a tasklet\(nameText(future.name)) created in \(future.creationSite)"
  }
}

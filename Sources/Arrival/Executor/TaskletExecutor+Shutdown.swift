internal import Synchronization

extension TaskletExecutor {
  /// Ends the executor; blocks until it has come to rest.
  ///
  /// From now on new tasklets are refused. Work that is ready runs until the executor is quiescent.
  /// Then the futures of pending tasklets and timers fail with ``ExecutorShutDown``, and the tasks
  /// are cancelled and run to their ends. Then the threads end. A second call waits too.
  ///
  /// Steps of tasks that arrive later still run, so no task is left half done.
  public func shutdown() {
    refuseTasklets()
    if !runIfManual() { quiescence().wait() }
    failPending()
    if !runIfManual() { quiescence().wait() }
    letThreadsExit()
  }

  /// Ends the executor; suspends until it has come to rest. See the blocking overload.
  public nonisolated(nonsending) func shutdown() async {
    refuseTasklets()
    if !runIfManual() { await quiescence().wait() }
    failPending()
    if !runIfManual() { await quiescence().wait() }
    letThreadsExit()
  }

  private func refuseTasklets() { loop.withLock { $0.refuseTasklets() } }

  /// With the manual driver, runs the ready work here: no other thread would.
  private func runIfManual() -> Bool {
    if !isManual { return false }
    while runOnce() {}
    return true
  }

  private func quiescence() -> Future<Void> {
    let promise = Promise<Void>("quiescence of \(name)")
    onNextQuiescence { promise.succeed() }
    return promise.future
  }

  private func failPending() {
    let (tasklets, timers) = loop.withLock { ($0.liveTasklets.pending, $0.takeTimers()) }
    let fanOut = FanOut()
    for tasklet in tasklets { tasklet.fail(with: ExecutorShutDown(executor: name), fanOut) }
    for timer in timers { timer.body(.shutDown) }
  }

  private func letThreadsExit() {
    for worker in loop.withLock({ $0.letThreadsExit() }) { worker.parker.unpark() }
  }
}

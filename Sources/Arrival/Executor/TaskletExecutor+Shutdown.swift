internal import Synchronization

extension TaskletExecutor {
  /// Ends the executor gracefully; blocks until it is quiet.
  ///
  /// New tasklets are refused from now on. Work that is ready runs until the executor is quiescent.
  /// Then what is still pending fails with ``ExecutorShutDown``: its tasks are cancelled and run to
  /// their ends, futures of timers fail, and the threads end. A second call waits likewise.
  ///
  /// Steps of tasks that arrive later still run, so nothing that was begun is left half done.
  public func shutdown() {
    refuseTasklets()
    if !runIfManual() { quiescence().wait() }
    failPending()
    if !runIfManual() { quiescence().wait() }
    letThreadsExit()
  }

  /// Ends the executor gracefully; suspends until it is quiet. See the blocking overload.
  public nonisolated(nonsending) func shutdown() async {
    refuseTasklets()
    if !runIfManual() { await quiescence().wait() }
    failPending()
    if !runIfManual() { await quiescence().wait() }
    letThreadsExit()
  }

  private func refuseTasklets() { loop.withLock { $0.refuseTasklets() } }

  /// With the manual driver, runs here what is ready: nobody else would.
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

// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @preconcurrency internal import Musl
#elseif canImport(Android)
  @preconcurrency internal import Android
#endif

/// The driver with threads: each asks the run loop what to do, and sleeps when it says so.
extension TaskletExecutor {
  /// Wakes or starts the thread that the run loop named after an event. Outside of the lock.
  func perform(_ wakeup: RunLoop.Wakeup) {
    switch wakeup {
    case .nobody: break
    case .wake(let worker): worker.parker.unpark()
    case .start(let worker): startThread(worker)
    }
  }

  private func startThread(_ worker: Worker) {
    let body = Unmanaged.passRetained(ThreadBody(executor: self, worker: worker))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // Address space, not memory: what is not touched costs nothing.
    pthread_attr_setstacksize(&attributes, 8 << 20)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let code = pthread_create(&thread, &attributes, { runThread($0) }, body.toOpaque())
    pthread_attr_destroy(&attributes)
    if code != 0 {
      body.release()
      let hasToRetry = loop.withLock { $0.workerDidNotStart() }
      Diagnostic.threadNotStarted(executor: name, code: code).report()
      if hasToRetry { retryLater() }
    }
  }

  /// Tries again every ten milliseconds to start a thread, until one starts or nothing needs it. A
  /// task of Swift's global pool does so, which has threads of its own.
  private func retryLater() {
    Task.detached { [self] in
      try? await Task.sleep(for: .milliseconds(10))
      perform(loop.withLock { $0.retry() })
    }
  }

  fileprivate func work(_ worker: Worker) {
    let thread = ThreadState.current
    thread.enter(self, asWorker: true)
    tellInstruments(.started)
    while true {
      switch loop.withLock({ $0.workerAsks(worker, now: monotonicNow) }) {
      case .run(let work, let wakeup):
        perform(wakeup)
        run(work, on: thread)
      case .runIdle(let callbacks, let wakeup):
        perform(wakeup)
        runIdle(callbacks[...])
      case .sleep(let deadline): worker.parker.park(until: deadline)
      case .exit:
        tellInstruments(.ended)
        thread.leave()
        return
      }
    }
  }

  // MARK: Blocking

  /// The calling thread, inside a job of this executor, is about to sleep.
  ///
  /// - Returns: `false` if no thread is left to run, and the system refused to start another one.
  func threadWillBlock(isWorker: Bool) -> Bool {
    let effects = loop.withLock { $0.threadWillBlock(isWorker: isWorker) }
    perform(effects.wakeup)
    tellInstruments(.blocked)
    if effects.exceedsLimit { BlockedThreads.reportLimit(of: self) }
    guard case .start = effects.wakeup else { return true }
    return !loop.withLock { $0.isStranded }
  }

  func threadDidUnblock(isWorker: Bool) {
    perform(loop.withLock { $0.threadDidUnblock(isWorker: isWorker) })
    tellInstruments(.unblocked)
  }

  /// Tries again to start a thread, if none is left to run and there is work.
  func startThreadIfThreadless() { perform(loop.withLock { $0.startIfThreadless() }) }

  private func tellInstruments(_ kind: InstrumentEvent.ThreadChange.Kind) {
    if Instruments.isOn { Instruments.record(.thread(.init(executor: name, kind: kind))) }
  }
}

/// What a new thread is given.
private final class ThreadBody {
  let executor: TaskletExecutor
  let worker: Worker

  init(executor: TaskletExecutor, worker: Worker) {
    self.executor = executor
    self.worker = worker
  }
}

#if canImport(Darwin)
  private func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    runBody(argument)
  }
#else
  private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    argument.flatMap(runBody)
  }
#endif

private func runBody(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
  // Linux cuts names at 15 bytes.
  arrival_thread_set_name(String("arrival-\(body.executor.name)".prefix(15)))
  arrival_thread_wakes_exactly()
  body.executor.work(body.worker)
  return nil
}

internal import Synchronization

/// A thread asleep in a blocking wait.
// `@unchecked Sendable`: as its base class; what it adds never changes.
final class ThreadWaiter: PendingWait, @unchecked Sendable {
  private let parker: Parker

  init(_ targets: Targets, _ parker: Parker, limit: Duration? = nil) {
    self.parker = parker
    super.init(targets, .blocking, limit: limit)
  }

  override func fire(_ future: FutureCore) {
    setFired()
    parker.unpark()
  }

  /// The loop of every blocking wait: sleeps until the waiter is fired or the deadline has come.
  func sleep(until deadline: Nanoseconds?) {
    while !hasFired {
      if let deadline, monotonicNow() >= deadline { return }
      parker.park(until: deadline)
    }
  }

  /// Nothing tells a waiting thread of work that others make ready on a manual executor, so it
  /// looks again after this time.
  private static let pause: Nanoseconds = 1_000_000

  /// The same, and runs the work of a manual executor meanwhile, if that is the caller's to run.
  func sleep(running executor: TaskletExecutor, until deadline: Nanoseconds?) {
    guard let manual = executor.manualDriver else { return sleep(until: deadline) }
    var lastStep = monotonicNow()
    while !hasFired {
      guard manual.isUsedByCaller else { return sleep(until: deadline) }
      if executor.step() {
        lastStep = monotonicNow()
        continue
      }
      let now = monotonicNow()
      if let deadline, now >= deadline { return }
      precondition(
        deadline != nil || now - lastStep < manual.patience,
        "a thread blocks for a result of the manual executor \"\(executor.name)\", where nothing is"
          + " ready to run; before it blocks, complete what the work there waits for and call"
          + " run(), or move the clock with advance(by:)")
      sleep(until: min(deadline ?? .max, now + Self.pause))
    }
  }
}

extension ThreadState {
  /// Sleeps until the waiter is fired. First gives away what others may need meanwhile: the
  /// callbacks this thread has still to call, and its place among the executors' running threads.
  ///
  /// - Throws: ``OutOfThreads`` if no thread could take its place. A wait with a time limit ends by
  ///   itself, and is not refused.
  func sleep(
    for waiter: ThreadWaiter, until deadline: Nanoseconds?, isDone: () -> Bool
  ) throws(OutOfThreads) {
    let manualOutside = isInsideExecutor ? nil : ManualWait.executor(of: waiter)
    if !isInsideExecutor, manualOutside == nil, !waiter.hasFired {
      CooperativePool.threadWillBlock()
    }
    let outer = handOverCallbacks()
    defer { takeBack(outer) }
    if let manual = manualExecutor { return manual.runUntil(isDone, deadline: deadline) }
    if let manualOutside { return waiter.sleep(running: manualOutside, until: deadline) }
    let left = try leavePlaces(hasLimit: deadline != nil)
    waiter.sleep(until: deadline)
    take(left)
  }
}

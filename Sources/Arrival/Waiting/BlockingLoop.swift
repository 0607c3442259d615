// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// A thread asleep in a blocking wait.
// `@unchecked Sendable`: as its base class; what it adds never changes or is atomic.
final class ThreadWaiter: PendingWait, @unchecked Sendable {
  private let parker: Parker
  /// The actor that the thread holds meanwhile. `nil` for a wait with a limit.
  let heldActor: HeldActor?
  private let waitsForItself = Atomic<Bool>(false)
  @exclusivity(unchecked) private var place = WaitSite.unknown

  /// Whether the wait may be for code that the actor has still to run.
  var mayWaitForItself: Bool {
    get { waitsForItself.load(ordering: .relaxed) }
    set { waitsForItself.store(newValue, ordering: .relaxed) }
  }

  init(_ targets: Targets, _ parker: Parker, limit: Duration? = nil) {
    BlockingRefusal.trapIfRefused()
    self.parker = parker
    heldActor = limit == nil ? .ofThread : nil
    super.init(targets, .blocking, limit: limit)
  }

  override var site: WaitSite { place }

  override func noteSite() { place = .here(.blocking) }

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

  /// The same, without a deadline; reports the wait if it holds an actor and nothing goes on.
  func sleepWatched() {
    if let heldActor {
      var watch = HeldActorWatch(heldActor)
      repeat {
        sleep(until: monotonicNow() + HeldActorWatch.interval)
      } while !hasFired && !watch.look(at: self)
    }
    sleep(until: nil)
  }

  /// Nothing tells a waiting thread of work that others make ready on a manual executor, so it
  /// looks again after this time.
  private static let pause: Nanoseconds = 1_000_000

  /// The same, and tries again and again to start a thread of an executor that has none left to
  /// run: what the caller waits for may need one.
  func sleep(until deadline: Nanoseconds?, startingThreadOf executor: TaskletExecutor) {
    while !hasFired {
      let now = monotonicNow()
      if let deadline, now >= deadline { return }
      sleep(until: min(deadline ?? .max, now + 10 * Self.pause))
      if !hasFired { executor.startThreadIfThreadless() }
    }
  }

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
      if deadline == nil, now - lastStep >= manual.patience {
        // A failed precondition prints no message in a release build.
        fatalError(
          "a thread blocks for a result of the manual executor \"\(executor.name)\", where nothing"
            + " is ready to run; before it blocks, complete what the work there waits for and call"
            + " run(), or move the clock with advance(by:)")
      }
      sleep(until: min(deadline ?? .max, now + Self.pause))
    }
  }
}

extension ThreadState {
  /// Sleeps until the waiter is fired. First gives away what others may need meanwhile: the
  /// callbacks this thread has still to call, and its place among the executors' running threads.
  ///
  /// - Parameter mayThrow: whether the wait may be refused.
  /// - Throws: ``OutOfThreads`` if the system refused to start a thread that would take its place,
  ///   and no other thread is left to run.
  func sleep(
    for waiter: ThreadWaiter, until deadline: Nanoseconds?, mayThrow: Bool, isDone: () -> Bool
  ) throws(OutOfThreads) {
    let manualOutside = isInsideExecutor ? nil : ManualWait.executor(of: waiter)
    if !isInsideExecutor, manualOutside == nil, !waiter.hasFired {
      BlockedThreads.reportPool()
    }
    let outer = handOverCallbacks()
    defer { takeBack(outer) }
    if let manual = manualExecutor {
      return manual.runUntil(isDone, for: waiter, deadline: deadline)
    }
    if let manualOutside { return waiter.sleep(running: manualOutside, until: deadline) }
    let stranded = leavePlaces()
    defer { takePlaces() }
    if let stranded {
      if mayThrow { throw OutOfThreads(waitingOn: stranded) }
      waiter.sleep(until: deadline, startingThreadOf: stranded)
    } else if deadline == nil {
      waiter.sleepWatched()
    } else {
      // Or the system may wake the thread 50 µs late.
      let slack = arrival_thread_wakes_exactly_now()
      waiter.sleep(until: deadline)
      arrival_thread_wakes_as_before(slack)
    }
  }
}

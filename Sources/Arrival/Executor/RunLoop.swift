/// What a ``TaskletExecutor`` knows: work that is ready, timers, idle callbacks and threads.
///
/// Pure: no clock, no lock, no thread, no call of foreign code. One method an event; what has to be
/// done about it comes back as an action. Both drivers, the threads and the manual one, use it.
///
/// *Quiescent* means: no work is ready, no timer is due, and no thread runs a job. A thread that
/// sleeps in a blocking wait inside a job does not run it.
struct RunLoop {
  /// A piece of work.
  enum Ready {
    /// The next step of some task.
    case job(UnownedJob)
    /// The first step of a tasklet, which a waiting thread may have claimed meanwhile.
    case start(Tasklet)
    /// A closure of ours: a timer's end, or callbacks to run.
    case work(WorkItem)
  }

  /// What to do for work that became ready.
  enum Call {
    case nobody
    /// Wake this sleeping worker.
    case wake(Worker)
    /// Start a thread for this new worker.
    case start(Worker)
  }

  /// What a driver does next.
  enum Next {
    case run(Ready, Call)
    /// The loop is quiescent: call these in order.
    case runIdle([IdleCallback], Call)
    case nothing
  }

  /// What a worker thread does next.
  enum OnAsk {
    case run(Ready, Call)
    case runIdle([IdleCallback], Call)
    case sleep(until: Nanoseconds?)
    case exit
  }

  /// How many workers may run at once; none with the manual driver.
  let parallelism: Int
  /// How many further threads may stand in for workers that are blocked.
  let maxSpareThreads: Int
  /// How long a worker sleeps before its thread ends.
  let keepAlive: Nanoseconds
  /// With a seed, ready work is taken in an order drawn from it.
  var shuffle: SeededGenerator?

  private var ready = RingBuffer<Ready>()
  private var timers = TimerHeap()
  private var idleCallbacks: [IdleCallback] = []
  /// Work was done since the idle callbacks were called.
  private var idleIsDue = false
  /// How much of the current pass is left. Timers are looked at between passes.
  private var passLeft = 0

  /// Threads inside a job and not blocked, workers or not.
  private var running = 0
  private var threads = 0
  private var blockedWorkers = 0
  /// Workers asleep, the last to sleep at the end.
  private var sleeping: [Worker] = []
  /// Workers woken or started that have not asked for work yet; one at a time, each calls the next.
  private var called = 0
  /// The sleeping worker that minds the timers.
  private var timekeeper: Worker?
  private var timekeeperDeadline: Nanoseconds = .max

  private(set) var liveTasklets = TaskletList()
  private(set) var isShutDown = false
  private var mayExit = false
  var counts = TaskletExecutor.Statistics()

  init(parallelism: Int, maxSpareThreads: Int, keepAlive: Nanoseconds, shuffle: SeededGenerator?) {
    self.parallelism = parallelism
    self.maxSpareThreads = maxSpareThreads
    self.keepAlive = keepAlive
    self.shuffle = shuffle
  }

  // MARK: Work

  mutating func enqueue(_ work: Ready) -> Call {
    ready.append(work)
    if case .start(let tasklet) = work { liveTasklets.add(tasklet) }
    return callWorker()
  }

  mutating func finished(_ tasklet: Tasklet) { liveTasklets.remove(tasklet) }

  /// The next thing to do, for either driver. The asker is not counted as running when it asks, and
  /// is counted when it was given something.
  mutating func next(now: () -> Nanoseconds) -> Next {
    if passLeft == 0 || ready.isEmpty { beginPass(now: now) }
    if let work = popReady() {
      passLeft -= 1
      running += 1
      idleIsDue = true
      counts.jobs += 1
      return .run(work, callIfNeeded())
    }
    guard isQuiescent, idleIsDue else { return .nothing }
    idleIsDue = false
    counts.quiescences += 1
    if idleCallbacks.isEmpty { return .nothing }
    let callbacks = idleCallbacks
    idleCallbacks.removeAll { !$0.repeats }
    running += 1
    return .runIdle(callbacks, callIfNeeded())
  }

  /// Whoever was given work by `next` has done it.
  mutating func ended() { running -= 1 }

  private var isQuiescent: Bool { ready.isEmpty && running == 0 }

  /// There is work for one more worker: to run something, or to mind the timers.
  private var needsWorker: Bool { !ready.isEmpty || needsTimekeeper }

  private mutating func callIfNeeded() -> Call { needsWorker ? callWorker() : .nobody }

  /// A timer is due before anybody who minds the timers wakes up.
  private var needsTimekeeper: Bool { timers.nextDeadline.map { $0 < timekeeperDeadline } ?? false }

  private mutating func beginPass(now: () -> Nanoseconds) {
    if !timers.isEmpty {
      let now = now()
      while let timer = timers.popDue(at: now) {
        counts.timersFired += 1
        ready.append(.work(WorkItem { timer.body(.due) }))
      }
    }
    passLeft = max(ready.count, 1)
  }

  private mutating func popReady() -> Ready? {
    if shuffle != nil, ready.count > 1 {
      ready.swapFirst(with: Int.random(in: 0..<ready.count, using: &shuffle!))
    }
    while let work = ready.popFirst() {
      // What a waiting thread has begun itself needs nobody any more.
      if case .start(let tasklet) = work, tasklet.isClaimed { continue }
      return work
    }
    return nil
  }

  // MARK: Timers and idle callbacks

  mutating func add(_ timer: Timer) -> Call {
    timers.add(timer)
    if timer.deadline >= timekeeperDeadline { return .nobody }
    // Whoever minds the timers sleeps too long for this one.
    if let keeper = timekeeper, called == 0 { return wake(keeper) }
    return callWorker()
  }

  mutating func remove(_ timer: Timer) -> Bool { timers.remove(timer) }

  /// When the first timer is due.
  var nextDeadline: Nanoseconds? { timers.nextDeadline }

  mutating func add(_ callback: IdleCallback) -> Call {
    idleCallbacks.append(callback)
    idleIsDue = true
    return isQuiescent ? callWorker() : .nobody
  }

  mutating func remove(_ callback: IdleCallback) {
    idleCallbacks.removeAll { $0 === callback }
  }

  /// If the loop has just become quiescent, somebody has to call the idle callbacks.
  private mutating func callWorkerIfIdle() -> Call {
    isQuiescent && idleIsDue && !idleCallbacks.isEmpty ? callWorker() : .nobody
  }

  // MARK: Threads

  /// Workers that run or are about to.
  private var busyWorkers: Int { threads - sleeping.count - blockedWorkers }

  private mutating func callWorker() -> Call {
    guard called == 0, busyWorkers < parallelism else { return .nobody }
    if let last = sleeping.last {
      // The timekeeper is left asleep as long as there is another.
      return wake(last === timekeeper && sleeping.count > 1 ? sleeping[sleeping.count - 2] : last)
    }
    guard threads < parallelism + maxSpareThreads else { return .nobody }
    threads += 1
    called += 1
    counts.threadsStarted += 1
    return .start(Worker(isCalled: true))
  }

  private mutating func wake(_ worker: Worker) -> Call {
    removeFromSleeping(worker)
    worker.isCalled = true
    called += 1
    return .wake(worker)
  }

  private mutating func removeFromSleeping(_ worker: Worker) {
    worker.isAsleep = false
    sleeping.removeAll { $0 === worker }
    if timekeeper === worker {
      timekeeper = nil
      timekeeperDeadline = .max
    }
  }

  /// A worker wants something to do: it has just started, woken up or finished.
  mutating func workerAsks(_ worker: Worker, now: () -> Nanoseconds) -> OnAsk {
    if worker.isCalled {
      worker.isCalled = false
      called -= 1
    }
    if worker.isRunning {
      worker.isRunning = false
      worker.sleepsSince = nil
      ended()
    }
    if worker.isAsleep { removeFromSleeping(worker) }
    // Blocked workers came back: this one is one too many and makes room.
    if busyWorkers > parallelism { return sleep(worker, now: now(), mindsTimers: false) }
    switch next(now: now) {
    case .run(let work, let call):
      worker.isRunning = true
      return .run(work, call)
    case .runIdle(let callbacks, let call):
      worker.isRunning = true
      return .runIdle(callbacks, call)
    case .nothing:
      return sleep(worker, now: now(), mindsTimers: true)
    }
  }

  private mutating func sleep(_ worker: Worker, now: Nanoseconds, mindsTimers: Bool) -> OnAsk {
    let since = worker.sleepsSince ?? now
    worker.sleepsSince = since
    let isNeeded = mindsTimers && needsTimekeeper
    if !isNeeded, mayExit || now >= since &+ keepAlive {
      threads -= 1
      return .exit
    }
    worker.isAsleep = true
    sleeping.append(worker)
    guard isNeeded, let deadline = timers.nextDeadline else {
      return .sleep(until: since &+ keepAlive)
    }
    timekeeper = worker
    timekeeperDeadline = deadline
    return .sleep(until: deadline)
  }

  /// The system refused to start a worker's thread.
  mutating func workerDidNotStart() {
    threads -= 1
    called -= 1
  }

  /// A thread inside a job goes to sleep in a blocking wait; its place is free for another.
  ///
  /// - Returns: `nil` if it may not: it is the last worker that runs, there is none to take its
  ///   place, and no more may be started. What it would wait for might then never run.
  mutating func threadWillBlock(isWorker: Bool) -> Call? {
    if isWorker, busyWorkers <= 1, sleeping.isEmpty, threads >= parallelism + maxSpareThreads {
      return nil
    }
    running -= 1
    counts.blockingWaits += 1
    if isWorker { blockedWorkers += 1 }
    return needsWorker ? callWorker() : callWorkerIfIdle()
  }

  mutating func threadDidUnblock(isWorker: Bool) {
    running += 1
    idleIsDue = true
    if isWorker { blockedWorkers -= 1 }
  }

  /// A thread that is no worker, or one of another executor, runs a tasklet in place.
  mutating func visitorEnters() {
    running += 1
    idleIsDue = true
    // What it has begun would otherwise hold back quiescence until a worker had come and seen it.
    if case .start(let tasklet) = ready.first, tasklet.isClaimed { _ = ready.popFirst() }
  }

  mutating func visitorLeaves() -> Call {
    running -= 1
    return callWorkerIfIdle()
  }

  // MARK: Shutting down

  mutating func refuseTasklets() { isShutDown = true }

  mutating func takeTimers() -> [Timer] {
    var all: [Timer] = []
    while let timer = timers.popDue(at: .max) { all.append(timer) }
    return all
  }

  /// Lets every thread end as soon as it finds nothing to do; gives those to wake for it.
  mutating func letThreadsExit() -> [Worker] {
    mayExit = true
    let all = sleeping
    for worker in all { removeFromSleeping(worker) }
    return all
  }

  var statistics: TaskletExecutor.Statistics {
    var result = counts
    result.ready = ready.count
    result.timers = timers.count
    result.threads = threads
    result.blockedThreads = blockedWorkers
    result.pendingTasklets = liveTasklets.count
    return result
  }
}

/// A thread of an executor, as the run loop sees it.
///
/// `@unchecked Sendable`: all but `parker` belongs to the executor's lock.
final class Worker: @unchecked Sendable {
  let parker = Parker()
  fileprivate(set) var isCalled: Bool
  fileprivate var isRunning = false
  fileprivate var isAsleep = false
  fileprivate var sleepsSince: Nanoseconds?

  init(isCalled: Bool) { self.isCalled = isCalled }
}

/// A closure in the run queue.
final class WorkItem: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A closure to call at quiescence.
final class IdleCallback: Sendable {
  let repeats: Bool
  let body: @Sendable () throws -> Void

  init(repeats: Bool, _ body: @escaping @Sendable () throws -> Void) {
    self.repeats = repeats
    self.body = body
  }
}

/// The callbacks of one quiescence that a thread has still to call.
struct IdleRun {
  let executor: TaskletExecutor
  var rest: ArraySlice<IdleCallback>

  /// Gives them to another thread: one of them goes to sleep, perhaps for what a later one brings.
  mutating func handOver() {
    let rest = rest
    if rest.isEmpty { return }
    self.rest = []
    executor.submit(WorkItem { [executor] in executor.runIdle(rest) })
  }
}

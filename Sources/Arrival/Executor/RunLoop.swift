// SPDX-License-Identifier: Apache-2.0
/// The state of a ``TaskletExecutor``: work that is ready, timers, idle callbacks and threads.
///
/// Pure: it has no clock, no lock and no thread, and calls no foreign code. Each event is one
/// method, which returns what has to be done. Both drivers use it, the threads and the manual one.
///
/// *Quiescent* means that no work is ready, no timer is due, and no thread runs a job. A thread
/// that sleeps in a blocking wait inside a job does not run it.
///
/// Timers do not depend on the workers. While all of them run, one more thread keeps the time, an
/// *extra*. It runs only what is *timely*: timers that are due, and what they made ready. Workers
/// take that too, in turn with the rest.
struct RunLoop {
  /// How many workers may run at once; zero with the manual driver.
  let parallelism: Int
  /// How many more threads may stand in for workers that are blocked.
  let maxSpareThreads: Int
  /// How long a worker sleeps before its thread ends.
  let keepAlive: Nanoseconds
  /// With a seed, ready work is taken in an order drawn from it.
  var shuffle: SeededGenerator?

  /// How long timely work waits for a worker while all of them run. Then an extra runs it.
  static let grace: Nanoseconds = 1_000_000

  private(set) var ready = ReadyQueue()
  /// Timers that are due, and what timers made ready. Not used by the manual driver, whose work is
  /// all in one queue.
  private var timely = RingBuffer<Ready>()
  /// When timely work was last taken, or since when there has been any.
  private var timelySince: Nanoseconds = 0
  private var lastWasTimely = false
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
  private var holdback: Holdback
  /// Workers asleep, the last to sleep at the end.
  private var sleeping: [Worker] = []
  /// Workers woken or started that have not asked for work yet. One at a time; each wakes the next.
  private var beingWoken = 0
  /// The one that is being woken is an extra.
  private var extraIsComing = false
  /// The sleeping worker that wakes up for the first timer.
  private var timekeeper: Worker?
  private var timekeeperDeadline: Nanoseconds = .max
  /// Somebody was told to try again to start a thread.
  private var retryIsDue = false

  private(set) var liveTasklets = TaskletList()
  private(set) var admission = TaskletAdmission()
  private var mayExit = false
  var counts = TaskletExecutor.Statistics()
  var outside = OutsideArrivals()

  init(parallelism: Int, maxSpareThreads: Int, keepAlive: Nanoseconds, shuffle: SeededGenerator?) {
    self.parallelism = parallelism
    self.maxSpareThreads = maxSpareThreads
    self.keepAlive = keepAlive
    self.shuffle = shuffle
    // A manual executor has no workers that could block.
    holdback = Holdback(limit: parallelism == 0 ? .max / 2 : parallelism + maxSpareThreads)
  }

  // MARK: Work

  mutating func enqueue(_ work: Ready) -> Wakeup {
    ready.append(work)
    if case .start(let tasklet) = work { arrived(tasklet) }
    return wakeWorker()
  }

  private mutating func arrived(_ tasklet: Tasklet) {
    liveTasklets.add(tasklet)
    admission.arrived()
    // A shutdown may wait for the last one to arrive.
    if !admission.isOpen { idleIsDue = true }
  }

  /// Adds work that a timer made ready.
  mutating func enqueueTimely(_ work: Ready, now: () -> Nanoseconds) -> Wakeup {
    if parallelism == 0 { return enqueue(work) }
    addTimely(work, since: now)
    if case .start(let tasklet) = work { arrived(tasklet) }
    return wakeWorker()
  }

  private mutating func addTimely(_ work: Ready, since: () -> Nanoseconds) {
    if timely.isEmpty { timelySince = since() }
    timely.append(work)
  }

  /// Whether a tasklet may be started. If so, its first job has to be enqueued.
  ///
  /// - Parameter isChild: whether code that runs on the executor starts it.
  mutating func admit(isChild: Bool) -> Bool { admission.admit(isChild: isChild) }

  mutating func finished(_ tasklet: Tasklet) -> Wakeup {
    liveTasklets.remove(tasklet)
    if admission.isOpen { return .nobody }
    // `shutdown(within:)` may wait for the end of this one.
    idleIsDue = true
    return wakeWorkerIfIdle()
  }

  /// The next thing to do, for either driver. The calling thread must not count as running. It
  /// counts as running from now on if it was given something.
  mutating func next(now: () -> Nanoseconds) -> Next {
    if passLeft == 0 || !ready.hasNew { beginPass(now: now) }
    if let work = popWork(now: now) { return .run(work, began()) }
    guard isQuiescent, idleIsDue else { return .nothing }
    idleIsDue = false
    counts.quiescences += 1
    let callbacks = takeIdleCallbacks()
    if callbacks.isEmpty { return .nothing }
    running += 1
    return .runIdle(callbacks, wakeWorkerIfNeeded())
  }

  /// A thread begins to run a piece of work. Returns which thread to wake for the rest.
  private mutating func began() -> Wakeup {
    running += 1
    idleIsDue = true
    counts.jobs += 1
    return wakeWorkerIfNeeded()
  }

  /// The caller finished the work that `next` returned.
  mutating func ended() { running -= 1 }

  /// Nothing that may run is ready, and no thread runs a job.
  var isQuiescent: Bool {
    running == 0 && timely.isEmpty && !ready.hasNew && (!ready.hasHeldBack || holdsBack)
  }

  /// Whether new tasklets are held back.
  private var holdsBack: Bool { holdback.holds(blocked: blockedWorkers) }

  /// Whether there is work for one more worker: to run something, or to keep the time.
  private var needsWorker: Bool { ready.count > 0 || !timely.isEmpty || needsTimekeeper }

  private mutating func wakeWorkerIfNeeded() -> Wakeup { needsWorker ? wakeWorker() : .nobody }

  /// Whether a timer is due before the timekeeper wakes up.
  private var needsTimekeeper: Bool { timers.nextDeadline.map { $0 < timekeeperDeadline } ?? false }

  private mutating func beginPass(now: () -> Nanoseconds) {
    if !timers.isEmpty { takeDueTimers(now: now()) }
    passLeft = max(ready.count, 1)
  }

  private mutating func takeDueTimers(now: Nanoseconds) {
    while let timer = timers.popDue(at: now) {
      counts.timersFired += 1
      if parallelism == 0 {
        ready.append(.timer(timer))
      } else {
        addTimely(.timer(timer)) { timer.deadline }
      }
    }
  }

  /// Takes timely work and other work in turn, so that neither starves the other.
  private mutating func popWork(now: () -> Nanoseconds) -> Ready? {
    if timely.isEmpty || lastWasTimely {
      lastWasTimely = false
      if let work = popReady(now: now) {
        passLeft -= 1
        return work
      }
    }
    if let work = popTimely(now: now) {
      lastWasTimely = true
      return work
    }
    guard let work = popReady(now: now) else { return nil }
    passLeft -= 1
    return work
  }

  private mutating func popTimely(now: () -> Nanoseconds) -> Ready? {
    while let work = timely.popFirst() {
      if Self.isClaimed(work) { continue }
      timelySince = now()
      return work
    }
    return nil
  }

  private mutating func popReady(now: () -> Nanoseconds) -> Ready? {
    if shuffle != nil { ready.shuffle(&shuffle!) }
    if !holdsBack { return ready.popFirst() }
    if let work = ready.popBegun() { return work }
    if !ready.hasHeldBack { return nil }
    holdback.pause(now: now(), blocked: blockedWorkers)
    return holdsBack ? nil : ready.popFirst()
  }

  /// Whether it is a tasklet that a waiting thread has begun, which needs no worker.
  private static func isClaimed(_ work: Ready) -> Bool {
    if case .start(let tasklet) = work { tasklet.isClaimed } else { false }
  }

  // MARK: Timers and idle callbacks

  /// Returns `nil` if the loop accepts no timers any more.
  mutating func add(_ timer: Timer) -> Wakeup? {
    if !admission.acceptsTimers { return nil }
    timers.add(timer)
    if timer.deadline >= timekeeperDeadline { return .nobody }
    // The timekeeper sleeps too long for this timer.
    if let keeper = timekeeper, beingWoken == 0, !isFull { return wake(keeper) }
    return wakeWorker()
  }

  mutating func remove(_ timer: Timer) -> Bool { timers.remove(timer) }

  /// When the first timer is due.
  var nextDeadline: Nanoseconds? { timers.nextDeadline }

  mutating func add(_ callback: IdleCallback) -> Wakeup {
    idleCallbacks.append(callback)
    idleIsDue = true
    return isQuiescent ? wakeWorker() : .nobody
  }

  mutating func remove(_ callback: IdleCallback) {
    idleCallbacks.removeAll { $0 === callback }
  }

  /// The callbacks whose moment has come. Those that do not repeat are removed.
  private mutating func takeIdleCallbacks() -> [IdleCallback] {
    if idleCallbacks.isEmpty { return [] }
    let due = idleCallbacks.filter { isDue($0) }
    idleCallbacks = idleCallbacks.filter { $0.repeats || !isDue($0) }
    return due
  }

  /// Whether the moment of a callback has come, at quiescence.
  private func isDue(_ callback: IdleCallback) -> Bool {
    switch callback.moment {
    case .quiescent: true
    case .atRest: admission.isSettled && ready.count == 0
    case .ended(let caller): admission.isSettled && liveTasklets.isEmpty(except: caller)
    }
  }

  /// If the loop has just become quiescent, a worker has to call the idle callbacks.
  private mutating func wakeWorkerIfIdle() -> Wakeup {
    idleCallbacksAreDue ? wakeWorker() : .nobody
  }

  private var idleCallbacksAreDue: Bool { isQuiescent && idleIsDue && !idleCallbacks.isEmpty }

  // MARK: Threads

  /// The workers that run or are about to. An extra on its way takes nobody's place.
  private var busyWorkers: Int {
    threads - sleeping.count - blockedWorkers - (extraIsComing ? 1 : 0)
  }
  /// As many workers run as may. Only an extra may be woken.
  private var isFull: Bool { busyWorkers >= parallelism }

  private mutating func wakeWorker() -> Wakeup {
    guard beingWoken == 0 else { return .nobody }
    if isFull { return wakeExtra() }
    if let last = sleeping.last {
      // The timekeeper is left asleep as long as another worker is.
      return wake(last === timekeeper && sleeping.count > 1 ? sleeping[sleeping.count - 2] : last)
    }
    return start(limit: threadLimit)
  }

  /// One thread always runs, however many are blocked.
  private var threadLimit: Int { max(parallelism + maxSpareThreads, blockedWorkers + 1) }

  private mutating func start(limit: Int) -> Wakeup {
    guard threads < limit else { return .nobody }
    threads += 1
    beingWoken += 1
    counts.threadsStarted += 1
    return .start(Worker(isBeingWoken: true))
  }

  /// When an extra has to run what no worker has run until then.
  private var extraIsDue: Nanoseconds? {
    let first = min(timers.nextDeadline ?? .max, timely.isEmpty ? .max : timelySince)
    return first == .max ? nil : first.addingSaturating(Self.grace)
  }

  /// Wakes an extra, unless one wakes up in time by itself. One more thread than the limit allows,
  /// or the blocked ones could stop all timers.
  private mutating func wakeExtra() -> Wakeup {
    guard parallelism > 0, let due = extraIsDue, due < timekeeperDeadline else { return .nobody }
    let wakeup =
      if let sleeper = timekeeper ?? sleeping.last { wake(sleeper) } else {
        start(limit: threadLimit + 1)
      }
    if case .nobody = wakeup { return wakeup }
    extraIsComing = true
    return wakeup
  }

  private mutating func wake(_ worker: Worker) -> Wakeup {
    removeFromSleeping(worker)
    worker.isBeingWoken = true
    beingWoken += 1
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

  /// A worker has started, woken up or finished its work, and asks for more.
  mutating func workerAsks(_ worker: Worker, now: () -> Nanoseconds) -> OnAsk {
    if worker.isBeingWoken {
      worker.isBeingWoken = false
      beingWoken -= 1
      extraIsComing = false
    }
    let wasRunning = worker.isRunning
    if wasRunning {
      worker.isRunning = false
      worker.sleepsSince = nil
      ended()
    }
    if worker.isAsleep { removeFromSleeping(worker) }
    // Blocked workers came back, or it was woken as an extra: it is one too many.
    if busyWorkers > parallelism { return extraAsks(worker, wasRunning: wasRunning, now: now()) }
    switch next(now: now) {
    case .run(let work, let wakeup):
      worker.isRunning = true
      return .run(work, wakeup)
    case .runIdle(let callbacks, let wakeup):
      worker.isRunning = true
      return .runIdle(callbacks, wakeup)
    case .nothing:
      // When the pause is over, tasklets that are held back may begin.
      return sleep(
        worker, now: now(), wakesFor: timers.nextDeadline,
        pausesUntil: ready.hasHeldBack ? holdback.deadline : nil)
    }
  }

  /// An extra begins timely work only if none was taken for the time of grace, so that many timers
  /// at once do not start a thread each. One that has begun goes on.
  private mutating func extraAsks(
    _ worker: Worker, wasRunning: Bool, now: Nanoseconds
  ) -> OnAsk {
    if let due = extraIsDue, wasRunning || due <= now {
      takeDueTimers(now: now)
      if let work = popTimely(now: { now }) {
        worker.isRunning = true
        return .run(work, began())
      }
    }
    return sleep(worker, now: now, wakesFor: extraIsDue)
  }

  /// - Parameters:
  ///   - deadline: when a timekeeper has to wake up.
  ///   - pauseEnd: when this worker has to look again in any case.
  private mutating func sleep(
    _ worker: Worker, now: Nanoseconds, wakesFor deadline: Nanoseconds?,
    pausesUntil pauseEnd: Nanoseconds? = nil
  ) -> OnAsk {
    let since = worker.sleepsSince ?? now
    worker.sleepsSince = since
    let deadline = deadline ?? .max
    let isNeeded = deadline < timekeeperDeadline
    if !isNeeded, pauseEnd == nil, mayExit || now >= since &+ keepAlive {
      threads -= 1
      return .exit
    }
    worker.isAsleep = true
    sleeping.append(worker)
    if !isNeeded { return .sleep(until: pauseEnd ?? (since &+ keepAlive)) }
    timekeeper = worker
    timekeeperDeadline = deadline
    return .sleep(until: min(deadline, pauseEnd ?? .max))
  }

  /// The system refused to start a worker's thread. Returns whether the caller has to `retry()`
  /// later, because no thread is left to look for the work.
  mutating func workerDidNotStart() -> Bool {
    threads -= 1
    beingWoken -= 1
    extraIsComing = false
    if retryIsDue || !lacksThread { return false }
    retryIsDue = true
    return true
  }

  /// Tries again to start a thread after the system refused one.
  mutating func retry() -> Wakeup {
    retryIsDue = false
    return startIfThreadless()
  }

  /// A thread inside a job is about to sleep in a blocking wait, and gives its place away.
  mutating func threadWillBlock(isWorker: Bool) -> OnBlock {
    running -= 1
    counts.blockingWaits += 1
    if isWorker { blockedWorkers += 1 }
    return OnBlock(
      wakeup: needsWorker ? wakeWorker() : wakeWorkerIfIdle(),
      exceedsLimit: isWorker && holdback.exceeds(blocked: blockedWorkers))
  }

  mutating func threadDidUnblock(isWorker: Bool) -> Wakeup {
    running += 1
    idleIsDue = true
    if !isWorker { return .nobody }
    blockedWorkers -= 1
    holdback.threadCameBack(blocked: blockedWorkers)
    return ready.hasHeldBack ? wakeWorker() : .nobody
  }

  /// There is something to do, and no thread that runs or sleeps to do it.
  private var lacksThread: Bool {
    threads == blockedWorkers && (needsWorker || idleCallbacksAreDue)
  }

  /// Every thread is blocked, and the system refused to start another one for the work.
  var isStranded: Bool { lacksThread && threads > 0 }

  /// Tries again to start a thread, if none is left to run.
  mutating func startIfThreadless() -> Wakeup { lacksThread ? wakeWorker() : .nobody }

  /// A thread that is no worker, or is a worker of another executor, runs a tasklet in place. If
  /// it has just started the tasklet, that comes to no queue.
  mutating func visitorEnters(starting tasklet: Tasklet? = nil) {
    if let tasklet { arrived(tasklet) }
    running += 1
    idleIsDue = true
    // Otherwise the tasklet that it has begun would hold back quiescence until a worker had seen
    // it.
    ready.dropFirstIfClaimed()
    if let first = timely.first, Self.isClaimed(first) { _ = timely.popFirst() }
  }

  mutating func visitorLeaves() -> Wakeup {
    running -= 1
    return wakeWorkerIfIdle()
  }

  // MARK: Shutting down

  /// From now on only code that runs on the executor may start tasklets.
  mutating func beginClosing() { admission.beginClosing() }

  /// From now on nothing is accepted. Returns what is pending, for the caller to fail. The loop is
  /// not at rest before `failedAll()`.
  mutating func close() -> (tasklets: [Tasklet.Pending], timers: [Timer]) {
    admission.close()
    var pending: [Timer] = []
    while let timer = timers.popDue(at: .max) { pending.append(timer) }
    return (liveTasklets.pending, pending)
  }

  /// The caller of `close()` has failed all that it was given.
  mutating func failedAll() -> Wakeup {
    admission.failedAll()
    idleIsDue = true
    return wakeWorkerIfIdle()
  }

  /// Lets every thread end as soon as it finds nothing to do. Returns the workers to wake for that.
  mutating func letThreadsExit() -> [Worker] {
    mayExit = true
    let all = sleeping
    for worker in all { removeFromSleeping(worker) }
    return all
  }

  var statistics: TaskletExecutor.Statistics {
    var result = counts
    result.ready = ready.count + timely.count
    result.timers = timers.count
    result.threads = threads
    result.blockedThreads = blockedWorkers
    result.pendingTasklets = liveTasklets.count
    return result
  }
}

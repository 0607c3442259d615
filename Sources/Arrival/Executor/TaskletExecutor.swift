// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// Runs tasklets on threads of its own, and knows when it is quiescent.
///
/// Work runs first in, first out. A thread that blocks in `wait()` inside a tasklet gives its place
/// to a spare thread, so blocking waits cost threads, but the work goes on.
///
/// Most programs use ``shared``. Create another executor to keep some work apart:
///
/// ```swift
/// let images = TaskletExecutor("images", configuration: .init(threads: 2))
/// let thumbnail = Future(on: images) { try await shrink(photo) }
/// ```
///
/// It is a `TaskExecutor`, so `Task(executorPreference:)` and `withTaskExecutorPreference` take it
/// too. It is never installed as the global executor.
public final class TaskletExecutor: TaskExecutor, Sendable {
  /// The limits of an executor.
  public struct Configuration: Sendable, Hashable {
    /// One thread per core, 256 spare threads.
    public static let `default` = Configuration()

    /// How many jobs run at once; `nil` means one per core.
    public var threads: Int?
    /// How many more threads may stand in for workers that block, and run the work of timers while
    /// all workers run.
    ///
    /// Default 256. For timers there is one such thread even with zero.
    ///
    /// When so many are blocked and the workers too, tasklets that have not begun are held back:
    /// one more thread runs what has begun, and quiescence callbacks are called, so batches leave.
    /// If no blocked thread comes back, the tasklets begin one after the other, on further threads:
    /// about one each millisecond.
    public var maxSpareThreads: Int
    /// How long a thread without work is kept. Default 10 seconds.
    public var keepAlive: Duration

    public init(
      threads: Int? = nil, maxSpareThreads: Int = 256, keepAlive: Duration = .seconds(10)
    ) {
      if let threads {
        precondition(threads > 0, "an executor needs at least one thread; nil means one per core")
      }
      precondition(maxSpareThreads >= 0, "maxSpareThreads must be zero or more")
      self.threads = threads
      self.maxSpareThreads = maxSpareThreads
      self.keepAlive = keepAlive
    }
  }

  /// What an executor has done since it was created, and what it holds now.
  public struct Statistics: Sendable, Hashable {
    /// Pieces of work that were run, most of them steps of tasks.
    public internal(set) var jobs = 0
    /// Times the executor became quiescent after work.
    public internal(set) var quiescences = 0
    /// Timers that came due.
    public internal(set) var timersFired = 0
    /// Blocking waits that put a thread of a job to sleep.
    public internal(set) var blockingWaits = 0
    /// Threads started since the beginning.
    public internal(set) var threadsStarted = 0
    /// Work ready to run at the moment.
    public internal(set) var ready = 0
    /// Timers set at the moment.
    public internal(set) var timers = 0
    /// Threads at the moment, including spare ones.
    public internal(set) var threads = 0
    /// Threads asleep in blocking waits at the moment.
    public internal(set) var blockedThreads = 0
    /// Tasklets that are not done at the moment.
    public internal(set) var pendingTasklets = 0
  }

  /// The executor of tasklets that name no executor and are started outside of any tasklet.
  public static let shared = TaskletExecutor("shared")

  /// The executor whose tasklet the calling code runs in; ``shared`` outside of any.
  public static var current: TaskletExecutor { ThreadState.existing?.executor ?? outer }

  /// The executor of code that runs in no tasklet.
  private static var outer: TaskletExecutor {
    ManualDriver.exist ? ManualTimeContext.executor ?? shared : shared
  }

  /// The name, for reports and thread names.
  public let name: String
  /// Tells it from all executors that were ever made.
  let number: UInt
  let loop: Lock<RunLoop>
  let driver: Driver

  /// What runs the loop.
  enum Driver: Sendable {
    case threads
    case manual(ManualDriver)
  }

  /// Creates an executor. Its threads start when there is work for them.
  public convenience init(_ name: String = "tasklets", configuration: Configuration = .default) {
    self.init(
      name, driver: .threads,
      loop: RunLoop(
        parallelism: configuration.threads ?? coreCount(),
        maxSpareThreads: configuration.maxSpareThreads,
        keepAlive: configuration.keepAlive.clampedNanoseconds, shuffle: nil))
  }

  init(_ name: String, driver: Driver, loop: sending RunLoop) {
    self.name = name
    number = Self.count.add(1, ordering: .relaxed).oldValue
    self.driver = driver
    self.loop = Lock(loop)
    ExecutorRegistry.add(self)
  }

  /// How many executors were made.
  private static let count = Atomic<UInt>(0)

  /// Whether it refuses new tasklets.
  var isShutDown: Bool { loop.withLock { !$0.admission.isOpen } }

  deinit { ExecutorRegistry.remove(self) }

  // MARK: Work

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let thread = ThreadState.existing
    if let thread, let (tasklet, beginsHere) = thread.spawning.take() {
      tasklet.setFirstJob(job)
      if beginsHere {
        loop.withLock { $0.visitorEnters(starting: tasklet) }
      } else {
        add(.start(tasklet), from: thread)
      }
    } else {
      add(.job(job), from: thread)
    }
  }

  /// Runs a closure among the jobs.
  func submit(_ item: WorkItem) { add(.work(item), from: .existing) }

  private func add(_ work: RunLoop.Ready, from thread: ThreadState?) {
    let isTimely = thread?.makesTimelyWork ?? false
    let isOutside = thread?.executor !== self
    perform(
      loop.withLock { loop in
        if isOutside { loop.outside.came() }
        return isTimely ? loop.enqueueTimely(work, now: monotonicNow) : loop.enqueue(work)
      })
    if let manual = manualLoop { manualWorkWasAdded(manual) }
  }

  /// Starts `body` as the tasklet that completes `future`.
  /// - Parameters:
  ///   - servesOthers: more futures than this one are completed by it. Then it is not the calling
  ///     code's own, and has neither its task-local values nor its priority.
  ///   - beginsHere: the calling thread, which runs no job of an executor, runs its first job
  ///     before this returns.
  ///   - priority: by default that of the calling code.
  /// - Returns: whether the executor accepts tasklets. Otherwise the future has failed.
  @discardableResult
  func start<Value>(
    _ future: Future<Value>, servesOthers: Bool = false, cancelsWhenUnobserved: Bool = false,
    beginsHere: Bool = false, priority: TaskPriority? = nil,
    _ body: sending @escaping () async throws -> Value
  ) -> Bool {
    guard admits() else {
      _ = future.fail(with: ExecutorShutDown(executor: name))
      return false
    }
    let thread = ThreadState.current
    let tasklet = Tasklet(
      executor: self, future: future,
      spawner: thread.isInsideExecutor ? thread.jobs.now : nil, servesOthers: servesOthers,
      cancelsWhenUnobserved: cancelsWhenUnobserved)
    ThrowRecorder.prepare(tasklet.throwLayout)
    let isPending = future.state.withLock { state in
      if future.done() { return false }
      state.link = tasklet
      return true
    }
    if !isPending { tasklet.futureDidComplete(future) }
    let beginsHere = beginsHere && Tasklet.mayRunInPlace(on: thread)
    thread.spawning = (tasklet, beginsHere)
    // The task's creation calls `enqueue` on this thread before it returns.
    let task = Task.start(on: self, inherits: !servesOthers, priority: priority) {
      tasklet.bind()
      defer { WaitOwner.unbind() }
      arrival_measure_job()
      do {
        let value = try await body()
        if let future = tasklet.bodyEnded() { Future<Value>.of(future).succeed(value) }
      } catch {
        guard let future = tasklet.bodyEnded(), !future.done() else { return }
        _ = future.fail(with: tasklet.failure(of: future, with: error))
      }
    }
    thread.spawning = nil
    tasklet.started(task)
    if beginsHere { tasklet.begin(on: thread) }
    if cancelsWhenUnobserved { future.holdWeakly(by: tasklet) }
    return true
  }

  /// Whether a tasklet may be started. While the executor shuts down, only the code that runs on it
  /// may start more.
  private func admits() -> Bool {
    if loop.withLock({ $0.admit(isChild: false) }) { return true }
    return runsCaller && loop.withLock { $0.admit(isChild: true) }
  }

  /// Whether the calling code is part of a tasklet of this executor, or runs on it.
  private var runsCaller: Bool {
    enclosingTasklet != nil || ThreadState.existing?.isInside(self) == true
  }

  /// The tasklet of this executor that cannot end before the calling code returns.
  var enclosingTasklet: Tasklet? {
    guard let owner = WaitOwner.enclosing else { return nil }
    let tasklet = unsafeDowncast(owner, to: Tasklet.self)
    return tasklet.executor === self ? tasklet : nil
  }

  func finished(_ tasklet: Tasklet) { perform(loop.withLock { $0.finished(tasklet) }) }

  /// Runs one piece of work on the calling thread, which already counts as running.
  func run(_ work: RunLoop.Ready, on thread: ThreadState) {
    thread.jobs.advance()
    switch work {
    case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
    case .start(let tasklet):
      guard let job = tasklet.claim() else { break }
      thread.spawner = tasklet.spawner
      job.runSynchronously(on: asUnownedTaskExecutor())
      thread.spawner = nil
    case .timer(let timer):
      thread.withTimelyWork { timer.body(.due) }
    case .work(let item): item.body()
    }
    arrival_throw_sweep()
    thread.jobs.advance()
  }

  /// Runs a tasklet's first job on a thread that waits for its result.
  func runInPlace(_ job: UnownedJob, on thread: ThreadState) {
    if thread.executor === self {
      job.runSynchronously(on: asUnownedTaskExecutor())
      return
    }
    loop.withLock { $0.visitorEnters() }
    runAsVisitor(job, on: thread)
  }

  /// The same on a thread that counts as a visitor already; only leaves if there is no job.
  func runAsVisitor(_ job: UnownedJob?, on thread: ThreadState) {
    if let job {
      thread.enter(self)
      job.runSynchronously(on: asUnownedTaskExecutor())
      thread.leave()
      // Inside a job, that job's end does it.
      if !thread.isInsideExecutor { arrival_throw_sweep() }
    }
    perform(loop.withLock { $0.visitorLeaves() })
  }

  // MARK: Timers

  /// Calls `body` once on this executor after `delay`; a negative delay means at once. An executor
  /// that was shut down accepts no timer, and calls `body` before this returns.
  func addTimer(
    after delay: Duration, _ body: @escaping @Sendable (Timer.Reason) -> Void
  ) -> Timer {
    let timer = Timer(deadline: now().advanced(by: delay), body: body)
    if let wakeup = loop.withLock({ $0.add(timer) }) {
      perform(wakeup)
      manualLoop?.wake()
    } else {
      body(.shutDown)
    }
    return timer
  }

  /// Removes a timer; `false` if it has fired.
  @discardableResult
  func cancel(_ timer: Timer) -> Bool { loop.withLock { $0.remove(timer) } }

  /// The executor's time: that of the system's monotonic clock, or of the manual clock.
  package func now() -> UInt64 {
    switch driver {
    case .threads: monotonicNow()
    case .manual(let manual): manual.now
    }
  }

  /// A cheaper time, for ages. It may be some milliseconds late, so it must not be compared with
  /// `now()`.
  func coarseNow() -> Nanoseconds {
    manualNow ?? arrival_coarse_nanoseconds()
  }

  /// The time of the manual clock; `nil` for an executor with threads.
  var manualNow: Nanoseconds? {
    switch driver {
    case .threads: nil
    case .manual(let manual): manual.now
    }
  }

  // MARK: Quiescence

  /// Calls `body` each time the executor becomes quiescent after work.
  ///
  /// It is quiescent when nothing is ready, no timer is due, and no thread runs a job. Callbacks
  /// are called in the order of registration, once at each quiescence. If the executor is quiescent
  /// now, the first call comes soon. A callback that throws is reported and removed; the others are
  /// still called.
  ///
  /// - Returns: what removes the callback again.
  @discardableResult
  public func onQuiescence(
    _ body: @escaping @Sendable () throws -> Void
  ) -> QuiescenceRegistration {
    let context = CallbackContext.capture()
    let callback = IdleCallback(repeats: true) { try CallbackContext.run(in: context, body) }
    perform(loop.withLock { $0.add(callback) })
    return QuiescenceRegistration(executor: self, callback: callback)
  }

  /// Calls `body` at the next quiescence only.
  func onNextQuiescence(_ body: @escaping @Sendable () throws -> Void) {
    perform(loop.withLock { $0.add(IdleCallback(repeats: false, body)) })
  }

  /// Calls the callbacks in order. When one goes to sleep, another thread calls the rest.
  func runIdle(_ callbacks: ArraySlice<IdleCallback>) {
    let thread = ThreadState.current
    let outer = thread.idleRun
    thread.idleRun = IdleRun(executor: self, rest: callbacks)
    CallbackContext.withNone {
      while let callback = thread.idleRun?.rest.popFirst() {
        do { try callback.body() } catch {
          loop.withLock { $0.remove(callback) }
          Diagnostic.callbackThrew(executor: name, error: error).report()
        }
      }
    }
    thread.idleRun = outer
  }

  /// The current numbers, for tests and logs.
  public func statistics() -> Statistics { loop.withLock { $0.statistics } }
}

/// Removes a callback that ``TaskletExecutor/onQuiescence(_:)`` registered.
public struct QuiescenceRegistration: Sendable {
  fileprivate let executor: TaskletExecutor
  fileprivate let callback: IdleCallback

  /// Removes the callback. It is not called at any later quiescence.
  public func cancel() { executor.loop.withLock { $0.remove(callback) } }
}

extension Task where Failure == Never {
  /// A task that inherits the priority and the task-local values of the calling code, or neither.
  // Generic, so that a closure has the one form that both take: converting it later is an
  // allocation.
  fileprivate static func start(
    on executor: TaskletExecutor, inherits: Bool, priority: TaskPriority?,
    operation: sending @escaping @isolated(any) () async -> Success
  ) -> Self {
    if inherits, mustInherit {
      return Task(executorPreference: executor, priority: priority, operation: operation)
    }
    return .detached(
      executorPreference: executor,
      priority: priority ?? (inherits ? Task<Never, Never>.basePriority : nil),
      operation: operation)
  }

  /// Whether a task that the calling code starts takes over more than its priority. Otherwise a
  /// detached one saves 500 instructions.
  private static var mustInherit: Bool {
    #if canImport(Darwin)
      // It also takes over the activity of the system's log.
      true
    #else
      arrival_task() == nil || !CallbackContext.isSupported || arrival_locals_are_inherited()
    #endif
  }
}

internal import CArrival
internal import Synchronization

/// An async closure on its way to a result: the source of the future that `Future { … }` gives.
///
/// `@unchecked Sendable`: `next`, `previous` and `isLinked` belong to the executor's lock.
final class Tasklet: OwningSource, @unchecked Sendable {
  /// The tasklet whose code runs: in its own task and in every task that inherits task-locals from
  /// it, so in child tasks, but also in a `Task { … }` it starts.
  @TaskLocal static var current: Tasklet?

  let executor: TaskletExecutor
  /// Cancelled when its last waiter is, or when nobody holds its future any more.
  private let cancelsWhenUnobserved: Bool
  /// The task's first job until somebody claims it, as its address; zero afterwards, and as soon as
  /// the tasklet's code has thrown, the records of its throws, with the lowest bit set.
  ///
  /// One exchange decides who runs it: a worker that comes upon it in the queue, or a thread that
  /// waits for the result and runs it in place. Acquire and release order the job's memory.
  let firstJobOrThrows = Atomic<UInt>(0)
  /// The job that started this tasklet; `nil` for code that runs on no executor.
  let spawner: JobMark?
  private let task = Lock<TaskState>(.starting)

  /// When it was made, in the time of the executor.
  let created: Nanoseconds
  /// Its waits, and those of its child tasks.
  let waits = Lock(WaitList())
  /// Where the binding of `current` is stored in its task; see `waiting`.
  private let binding = Atomic<UInt>(0)
  /// What instruments are told of it; `nil` if none was installed when it was made.
  let observation: TaskletObservation?
  /// Some tasklet may be held up by this one although no waiter of its future says so.
  private let holdsUpOthers: Atomic<Bool>

  // Here, where it takes no room: a tasklet fills 136 bytes, all that its allocation has.
  fileprivate var isLinked = false
  fileprivate var next: Tasklet?
  fileprivate unowned(unsafe) var previous: Tasklet?

  private enum TaskState {
    case starting
    case cancelledWhileStarting
    case running(Task<Void, Never>)
    case done
  }

  /// How deep tasklets may run in place inside each other, and the stack that has to be left for
  /// one more: past either the thread parks and another runs the tasklet.
  private static let maxInPlaceDepth = 128
  private static let minStack = 256 * 1024

  /// - Parameter servesOthers: more futures than its own are completed by it.
  init(
    executor: TaskletExecutor, future: FutureCore, spawner: JobMark?, servesOthers: Bool,
    cancelsWhenUnobserved: Bool
  ) {
    self.executor = executor
    self.spawner = spawner
    self.cancelsWhenUnobserved = cancelsWhenUnobserved
    created = executor.coarseNow()
    observation = .start(future, on: executor)
    holdsUpOthers = Atomic(servesOthers)
    super.init()
    own(future)
  }

  deinit { ThrowRecorder.forgetThrows(of: self) }

  // MARK: Waiting

  /// The tasklet that cannot end before the calling code returns: the code is of its task, or of a
  /// child task, which has to end first. Not that of a `Task { … }` which it started.
  ///
  /// Child tasks find the binding of `current` where their parents have it. An unstructured task
  /// has a copy of its own.
  static var waiting: Tasklet? {
    guard let place = arrival_task_local(key),
      let tasklet = place.load(as: Unmanaged<Tasklet>?.self)?.takeUnretainedValue(),
      tasklet.binding.load(ordering: .relaxed) == UInt(bitPattern: place)
    else { return nil }
    return tasklet
  }

  /// What task-locals are looked up by: the address of the object that declares one.
  // The object lives as long as the program.
  nonisolated(unsafe) static let key = UnsafeRawPointer(
    Unmanaged.passUnretained($current).toOpaque())

  /// To be called by the tasklet's own task, inside the binding of `current`.
  func noteBinding() {
    binding.store(UInt(bitPattern: arrival_task_local(Self.key)), ordering: .relaxed)
  }

  /// Whether some tasklet may be held up by this one.
  var mayHoldUpTasklet: Bool {
    if holdsUpOthers.load(ordering: .sequentiallyConsistent) { return true }
    return future?.mayHoldUpTasklet ?? false
  }

  override func willHoldUpTasklet() {
    // Read first: most of the time it says so already.
    if holdsUpOthers.load(ordering: .sequentiallyConsistent) { return }
    holdsUpOthers.store(true, ordering: .sequentiallyConsistent)
  }

  override var kind: String { "tasklet" }

  override func dependencies() -> Dependencies { .waits(waits.withLock { $0.needs }) }

  /// A tasklet that is not done and its future, for an executor that shuts down.
  struct Pending {
    let tasklet: Tasklet
    /// `nil` if everybody has let go of it.
    let future: FutureCore?

    /// Fails the future and cancels the task, in this order: the task's own end comes too late.
    func fail(with error: any Error, _ fanOut: FanOut) {
      let running = tasklet.task.withLock { state -> Task<Void, Never>? in
        if case .running(let task) = state { task } else { nil }
      }
      if let future, !future.done() {
        _ = future.fail(with: Failure(error, site: nil, future: future, fanOut: fanOut))
      }
      running?.cancel()
    }
  }

  // MARK: The task

  func started(_ new: Task<Void, Never>) {
    let isCancelled = task.withLock { state in
      switch state {
      case .starting: state = .running(new)
      // The future may have been failed already, by an executor that shuts down.
      case .cancelledWhileStarting, .done: return true
      case .running: break
      }
      return false
    }
    if isCancelled { new.cancel() }
  }

  override func cancel(_ future: FutureCore) { cancelTask() }
  override func futureWasDropped() { cancelTask() }

  override func waitersLeft(_ future: FutureCore, byCancellation: Bool) {
    if cancelsWhenUnobserved {
      if byCancellation { cancelTask() }
      future.holdLoosely(by: self)
    } else {
      super.waitersLeft(future, byCancellation: byCancellation)
    }
  }

  private func cancelTask() {
    let running = task.withLock { state -> Task<Void, Never>? in
      switch state {
      case .starting: state = .cancelledWhileStarting
      case .running(let task): return task
      case .cancelledWhileStarting, .done: break
      }
      return nil
    }
    running?.cancel()
  }

  override func futureDidComplete(_ future: FutureCore) { finished(future) }

  /// The body has returned or thrown. Gives the future to be completed, unless it is gone.
  func bodyEnded() -> FutureCore? {
    let future = letGo()
    if future == nil { finished(nil) }
    return future
  }

  private func finished(_ future: FutureCore?) {
    executor.finished(self)
    observation?.ended(future)
    // Frees the task; it may be the last to hold this tasklet, so the old state dies outside.
    var old = TaskState.done
    task.withLock { swap(&$0, &old) }
  }

  // MARK: The first job

  func setFirstJob(_ job: UnownedJob) {
    firstJobOrThrows.store(unsafeBitCast(job, to: UInt.self), ordering: .releasing)
  }

  /// The first job, for the one who runs it.
  func claim() -> UnownedJob? {
    let bits = firstJobOrThrows.load(ordering: .relaxed)
    guard Self.isJob(bits),
      firstJobOrThrows.compareExchange(expected: bits, desired: 0, ordering: .acquiring).exchanged
    else { return nil }
    observation?.began()
    return unsafeBitCast(bits, to: UnownedJob.self)
  }

  /// Whether somebody has begun it; once so, always so.
  var isClaimed: Bool { !Self.isJob(firstJobOrThrows.load(ordering: .relaxed)) }

  private static func isJob(_ bits: UInt) -> Bool { bits != 0 && bits & 1 == 0 }

  /// Runs the first job here if nobody has. It is exactly what the waiting thread needs.
  override func advance(mayRun: Bool) {
    guard mayRun else { return }
    let thread = ThreadState.current
    guard thread.inPlaceDepth < Self.maxInPlaceDepth,
      arrival_stack_remaining() >= Self.minStack,
      let job = claim()
    else { return }
    thread.inPlaceDepth += 1
    thread.jobs.advance()
    let outer = thread.spawner
    thread.spawner = spawner
    executor.runInPlace(job, on: thread)
    thread.spawner = outer
    thread.jobs.advance()
    thread.inPlaceDepth -= 1
  }
}

/// The tasklets of an executor that are not done. O(1) to add and to remove.
struct TaskletList {
  private(set) var newest: Tasklet?
  private unowned(unsafe) var oldest: Tasklet?
  private(set) var count = 0

  mutating func add(_ tasklet: Tasklet) {
    tasklet.next = newest
    newest?.previous = tasklet
    if newest == nil { oldest = tasklet }
    tasklet.isLinked = true
    newest = tasklet
    count += 1
  }

  mutating func remove(_ tasklet: Tasklet) {
    guard tasklet.isLinked else { return }
    let next = tasklet.next
    if let next { next.previous = tasklet.previous } else { oldest = tasklet.previous }
    if let previous = tasklet.previous { previous.next = next } else { newest = next }
    tasklet.next = nil
    tasklet.previous = nil
    tasklet.isLinked = false
    count -= 1
  }

  /// All of them, the oldest first.
  var pending: [Tasklet.Pending] { oldest(limit: count) }

  /// The oldest `limit` of them, the oldest first. O(limit).
  func oldest(limit: Int) -> [Tasklet.Pending] {
    var all: [Tasklet.Pending] = []
    all.reserveCapacity(min(limit, count))
    var tasklet = oldest
    while let current = tasklet, all.count < limit {
      all.append(Tasklet.Pending(tasklet: current, future: current.future))
      tasklet = current.previous
    }
    return all
  }
}

extension Future {
  /// Starts a *tasklet*: an async closure whose end completes this future. Returns at once.
  ///
  /// ```swift
  /// let user = Future("user 7") { try await api.user(7) }
  /// ```
  ///
  /// The closure runs on the executor's workers; the first thread that blocks for the result may
  /// run its beginning itself. Whatever it throws, before or after its first suspension, fails the
  /// future. Task-local values and priority are those of the code that makes the future.
  ///
  /// - Parameters:
  ///   - name: shown in descriptions and reports.
  ///   - executor: where it runs; by default where the calling tasklet runs, or else
  ///     ``TaskletExecutor/shared``. One that was shut down fails the future with
  ///     ``ExecutorShutDown``.
  ///   - cancelsWhenUnobserved: cancels the operation when the last who waits for it is cancelled,
  ///     and when nobody holds the future any more. By default it goes on as long as anybody holds
  ///     the future, and is not cancelled if nobody ever waited for it.
  ///   - function: the function that makes the future; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  ///   - body: the operation.
  public convenience init(
    _ name: String? = nil, on executor: TaskletExecutor? = nil,
    cancelsWhenUnobserved: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: sending @escaping () async throws -> Value
  ) {
    self.init(
      pending: name, site: SourceSite(function: function, file: file, line: line))
    (executor ?? TaskletExecutor.current).start(
      self, cancelsWhenUnobserved: cancelsWhenUnobserved, body)
  }

  /// Starts a tasklet whose closure never suspends.
  // A closure without `await` is of this type, and prefers this overload to `init(value:)`.
  public convenience init(
    _ name: String? = nil, on executor: TaskletExecutor? = nil,
    cancelsWhenUnobserved: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: sending @escaping () throws -> Value
  ) {
    self.init(
      name, on: executor, cancelsWhenUnobserved: cancelsWhenUnobserved,
      function: function, file: file, line: line,
      { () async throws -> Value in try body() })
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// An async closure on its way to a result: the source of the future that `Future { … }` gives.
///
/// `@unchecked Sendable`: the links belong to the executor's lock.
final class Tasklet: WaitOwner, @unchecked Sendable {
  // First, beside the base class's last byte: a tasklet fills 136 bytes, all that its allocation
  // has.
  /// Cancelled when its last waiter is, or when nothing holds its future any more.
  private let cancelsWhenUnobserved: Bool
  /// Under the executor's lock, as the links. It may end before its first job is queued: the future
  /// of a batch's operation is there before its tasklet is, and can be cancelled.
  @exclusivity(unchecked) fileprivate var hasEnded = false

  let executor: TaskletExecutor
  /// The task's first job until a thread claims it, as its address; zero afterwards. As soon as the
  /// tasklet's code has thrown, the records of its throws, with the lowest bit set.
  ///
  /// One exchange decides which thread runs it: a worker that comes upon it in the queue, or a
  /// thread that waits for the result and runs it in place. Acquire and release order the job's
  /// memory.
  private let firstJobOrThrows = Atomic<UInt>(0)
  /// The job that started this tasklet; `nil` for code that runs on no executor.
  let spawner: JobMark?
  private let task = Lock<TaskState>(.starting)

  /// When it was made, in the time of the executor.
  let created: Nanoseconds
  /// What instruments are told of it; `nil` if none was installed when it was made.
  let observation: TaskletObservation?

  @exclusivity(unchecked) fileprivate var olderLink = OlderLink<Tasklet>()
  @exclusivity(unchecked) fileprivate var newerLink = NewerLink<Tasklet>()

  private enum TaskState {
    case starting
    case cancelledWhileStarting
    case running(Task<Void, Never>)
    case done
  }

  /// How deep tasklets may run in place inside each other, and how much stack has to be left for
  /// one more. Past either the thread parks, and another runs the tasklet.
  private static let maxInPlaceDepth = 128
  private static let minStack = 256 * 1024

  /// - Parameter servesOthers: whether it completes more futures than its own.
  init(
    executor: TaskletExecutor, future: FutureCore, spawner: JobMark?, servesOthers: Bool,
    cancelsWhenUnobserved: Bool
  ) {
    self.executor = executor
    self.spawner = spawner
    self.cancelsWhenUnobserved = cancelsWhenUnobserved
    created = executor.coarseNow()
    observation = .start(future, on: executor)
    super.init(owning: future, holdsUpOthers: servesOthers)
  }

  deinit {
    if firstJobOrThrows.load(ordering: .relaxed) & 1 != 0 { ThrowRecorder.forgetThrows(in: word) }
  }

  /// The tasklet whose code runs; see `WaitOwner.current`.
  static var running: Tasklet? {
    WaitOwner.current.map { unsafeDowncast($0, to: Tasklet.self) }
  }

  override var manualNow: Nanoseconds? { executor.manualNow }

  override var kind: String { "tasklet" }

  /// A tasklet that is not done and its future, for an executor that shuts down.
  struct Pending {
    let tasklet: Tasklet
    /// `nil` if nothing holds it any more.
    let future: FutureCore?

    /// Fails the future, then cancels the task: in this order the task's own end comes too late.
    func fail(with error: any Error, _ fanOut: FanOut, isReported: Bool) {
      let running = tasklet.task.withLock { state -> Task<Void, Never>? in
        if case .running(let task) = state { task } else { nil }
      }
      if let future, !future.done() {
        let failure = Failure(error, site: nil, future: future, fanOut: fanOut)
        if !isReported { failure.ignore() }
        _ = future.fail(with: failure)
      }
      if let running { tasklet.cancel(running) }
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
    if isCancelled { cancel(new) }
  }

  override func cancel(_ future: FutureCore) { cancelTask() }
  override func futureWasDropped() { cancelTask() }

  override func lastWaiterLeft(_ future: FutureCore, byCancellation: Bool) {
    if cancelsWhenUnobserved {
      if byCancellation { cancelTask() }
      future.holdWeakly(by: self)
    } else {
      super.lastWaiterLeft(future, byCancellation: byCancellation)
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
    if let running { cancel(running) }
  }

  private func cancel(_ task: Task<Void, Never>) {
    task.cancel()
    leaveWait()
  }

  override func futureDidComplete(_ future: FutureCore) { finished(future) }

  /// The body has returned or thrown. Returns the future to be completed, unless it is gone.
  func bodyEnded() -> FutureCore? {
    let future = releaseFuture()
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

  /// Takes the first job, to run it; `nil` if another thread has taken it.
  func claim() -> UnownedJob? {
    let bits = firstJobOrThrows.load(ordering: .relaxed)
    guard Self.isJob(bits),
      firstJobOrThrows.compareExchange(expected: bits, desired: 0, ordering: .acquiring).exchanged
    else { return nil }
    observation?.began()
    return unsafeBitCast(bits, to: UnownedJob.self)
  }

  /// Whether others wait for it, or for what it completes besides its own future.
  var isNeeded: Bool { holdsUpTasklets }

  /// Whether a thread has begun to run it. Never becomes false again.
  var isClaimed: Bool { !Self.isJob(firstJobOrThrows.load(ordering: .relaxed)) }

  private static func isJob(_ bits: UInt) -> Bool { bits != 0 && bits & 1 == 0 }

  /// Runs the first job here if no thread has. It is exactly what the waiting thread needs.
  override func helpWaiter(mayRunHere: Bool) {
    guard mayRunHere else { return }
    let thread = ThreadState.current
    guard Self.mayRunInPlace(on: thread), let job = claim() else { return }
    inside(thread) { executor.runInPlace(job, on: thread) }
  }

  /// Runs the first job on the thread that has just started the tasklet, instead of queueing it.
  /// Another thread may have taken the job, because it waits for the result.
  func begin(on thread: ThreadState) {
    inside(thread) { executor.runAsVisitor(claim(), on: thread) }
  }

  static func mayRunInPlace(on thread: ThreadState) -> Bool {
    thread.inPlaceDepth < maxInPlaceDepth && !thread.isInBlockingCall
      && arrival_stack_remaining() >= minStack
  }

  /// Runs the tasklet inside what the thread does now.
  private func inside(_ thread: ThreadState, _ run: () -> Void) {
    thread.inPlaceDepth += 1
    thread.jobs.advance()
    let outer = thread.spawner
    thread.spawner = spawner
    run()
    thread.spawner = outer
    thread.jobs.advance()
    thread.inPlaceDepth -= 1
  }
}

// MARK: Throws

extension Tasklet {
  /// The word of its throws. It lives as long as the tasklet.
  private var word: UnsafeMutablePointer<UInt> {
    withUnsafePointer(to: firstJobOrThrows) {
      UnsafeMutableRawPointer(mutating: $0).assumingMemoryBound(to: UInt.self)
    }
  }

  /// How the recorder of throws finds tasklets and their words.
  var throwLayout: ThrowRecorder.Layout {
    let start = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    return ThrowRecorder.Layout(key: WaitOwner.key, wordOffset: UnsafeRawPointer(word) - start) {
      guard let owner = WaitOwner.enclosing, let future = owner.future else { return nil }
      return unsafeDowncast(owner, to: Tasklet.self).thrower(for: future)
    }
  }

  private func thrower(for future: FutureCore) -> ThrowRecorder.Thrower {
    .init(word: word, name: future.name, creationSite: future.creationSite)
  }

  /// The failure of the tasklet's future with an error that left the tasklet's code.
  func failure(of future: FutureCore, with error: any Error) -> Failure {
    guard let trace = ThrowRecorder.trace(of: error, leaving: thrower(for: future)) else {
      return Failure(error, site: nil, future: future)
    }
    return Failure(error, trace: trace)
  }
}

// MARK: The list of an executor's tasklets

enum TaskletLinkage: ListLinkage {
  static subscript(older node: Tasklet) -> OlderLink<Tasklet> {
    @inline(__always) get { node.olderLink }
    @inline(__always) _modify { yield &node.olderLink }
  }
  static subscript(newer node: Tasklet) -> NewerLink<Tasklet> {
    @inline(__always) get { node.newerLink }
    @inline(__always) _modify { yield &node.newerLink }
  }
}

/// The tasklets of an executor that are not done. O(1) to add and to remove.
struct TaskletList {
  private var list = IntrusiveList<TaskletLinkage>()
  private unowned(unsafe) var oldest: Tasklet?
  private(set) var count = 0

  /// Adds a tasklet, unless it has ended.
  mutating func add(_ tasklet: Tasklet) {
    if tasklet.hasEnded { return }
    if list.isEmpty { oldest = tasklet }
    list.add(tasklet)
    count += 1
  }

  /// Takes a tasklet off that has ended.
  mutating func remove(_ tasklet: Tasklet) {
    tasklet.hasEnded = true
    if oldest === tasklet { oldest = list.newer(than: tasklet) }
    if list.remove(tasklet) { count -= 1 }
  }

  /// Whether no tasklet is left, apart from this one.
  func isEmpty(except tasklet: Tasklet?) -> Bool {
    count == 0 || (count == 1 && oldest === tasklet)
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
      tasklet = list.newer(than: current)
    }
    return all
  }
}

// SPDX-License-Identifier: Apache-2.0
/// What an executor keeps for one thread. Only that thread touches it.
final class ThreadState {
  /// Where the thread sleeps in a blocking wait.
  let parker = Parker()

  /// The executors that count this thread as running, the innermost last: its own, if it is a
  /// worker, and those whose tasklets it runs in place.
  // Exclusivity is not checked: each load of a batcher asks, and the check cost it 76 instructions.
  @exclusivity(unchecked) private var memberships: [Membership] = []

  struct Membership {
    fileprivate let executor: TaskletExecutor
    fileprivate let isWorker: Bool
  }

  /// The tasklet whose task is being created: its first job comes to `enqueue` on this thread. With
  /// `beginsHere` the job then runs on this thread, and is not queued.
  var spawning: (tasklet: Tasklet, beginsHere: Bool)?

  /// Whether the thread is in a call of `TaskletExecutor.blocking`. It has no places then.
  private(set) var isInBlockingCall = false

  /// How many tasklets run in place inside each other on this stack.
  var inPlaceDepth = 0

  /// Tells one job of this thread from the next.
  let jobs = JobCounter()

  /// The job that started the tasklet whose first job runs here.
  var spawner: JobMark?

  /// What the thread makes ready does not wait for busy workers: it is inside a timer's closure, or
  /// sends a batch of plain tasks.
  private(set) var makesTimelyWork = false

  func withTimelyWork(_ body: () -> Void) {
    let outer = makesTimelyWork
    makesTimelyWork = true
    body()
    makesTimelyWork = outer
  }

  /// How many batches' futures this thread completes at the moment; see ``Deliveries``.
  var deliveries = 0

  /// The quiescence callbacks this thread still has to call.
  var idleRun: IdleRun?

  /// The executor whose job this thread runs, if any.
  var executor: TaskletExecutor? { memberships.last?.executor }

  /// Whether this thread runs a job of some executor.
  var isInsideExecutor: Bool { !memberships.isEmpty }

  /// Whether this thread runs a job of that executor, perhaps below one of another executor.
  func isInside(_ executor: TaskletExecutor) -> Bool {
    memberships.contains { $0.executor === executor }
  }

  // They hold this, and so live longer.
  private unowned(unsafe) let locals: ThreadLocals

  private init(_ locals: ThreadLocals) { self.locals = locals }

  func enter(_ executor: TaskletExecutor, asWorker isWorker: Bool = false) {
    memberships.append(Membership(executor: executor, isWorker: isWorker))
  }

  func leave() { memberships.removeLast() }

  /// The calling thread's state.
  static var current: ThreadState {
    let locals = ThreadLocals.current
    return of(locals) ?? make(locals)
  }

  /// The calling thread's state; `nil` if it never met an executor.
  static var existing: ThreadState? { ThreadLocals.existing.flatMap(of) }

  private static func of(_ locals: ThreadLocals) -> ThreadState? {
    locals.executorState.map { unsafeDowncast($0, to: ThreadState.self) }
  }

  @inline(never)
  private static func make(_ locals: ThreadLocals) -> ThreadState {
    let state = ThreadState(locals)
    locals.executorState = state
    return state
  }
}

// MARK: Blocking

/// What others may need while the thread sleeps in a blocking wait: `ThreadState.sleep` gives it
/// away before, and takes it back afterwards.
extension ThreadState {
  /// The manual executor whose job this thread runs. It has no other thread that could bring a
  /// result.
  var manualExecutor: TaskletExecutor? { memberships.first(where: \.executor.isManual)?.executor }

  /// Gives the callbacks that this thread has still to call to other threads.
  ///
  /// - Returns: what `takeBack(_:)` needs after the sleep.
  func handOverCallbacks() -> DeliveryQueue {
    let outer = locals.deliveries.handOver { (executor ?? .shared).submit(WorkItem($0)) }
    idleRun?.handOver()
    if deliveries > 0 { Deliveries.end(deliveries) }
    return outer
  }

  func takeBack(_ outer: DeliveryQueue) {
    if deliveries > 0 { Deliveries.begin(deliveries) }
    locals.deliveries = outer
  }

  /// Leaves the thread's places among the executors' running threads to other threads.
  ///
  /// - Returns: an executor that has no thread left to run, because the system refused one.
  func leavePlaces() -> TaskletExecutor? {
    if isInBlockingCall { return nil }
    var stranded: TaskletExecutor?
    for place in memberships
    where !place.executor.threadWillBlock(isWorker: place.isWorker) {
      stranded = place.executor
    }
    return stranded
  }

  /// Takes back the places that were left.
  func takePlaces() {
    if isInBlockingCall { return }
    for place in memberships { place.executor.threadDidUnblock(isWorker: place.isWorker) }
  }

  /// What a blocking call gives back when it ends; `nil` if it took nothing.
  struct BlockingCall {
    fileprivate let callbacks: DeliveryQueue
  }

  func beginBlockingCall() -> BlockingCall? {
    if isInBlockingCall || manualExecutor != nil { return nil }
    let callbacks = handOverCallbacks()
    _ = leavePlaces()
    isInBlockingCall = true
    return BlockingCall(callbacks: callbacks)
  }

  func endBlockingCall(_ call: BlockingCall?) {
    guard let call else { return }
    isInBlockingCall = false
    takePlaces()
    takeBack(call.callbacks)
  }
}

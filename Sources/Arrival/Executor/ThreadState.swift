internal import CArrival
internal import Synchronization

/// What Arrival knows of one thread. Only that thread touches it.
final class ThreadState {
  /// Where the thread sleeps in a blocking wait.
  let parker = Parker()

  /// The executors that count this thread as running, the innermost last: its own, if it is a
  /// worker, and those whose tasklets it runs in place.
  private var memberships: [Membership] = []

  private struct Membership {
    let executor: TaskletExecutor
    let isWorker: Bool
  }

  /// The tasklet whose task is being created: its first job comes to `enqueue` on this thread.
  var spawning: Tasklet?

  /// How many tasklets run in place inside each other on this stack.
  var inPlaceDepth = 0

  /// Tells one job of this thread from the next.
  let jobs = JobCounter()

  /// The job that started the tasklet whose first job runs here.
  var spawner: JobMark?

  /// The futures whose callbacks this thread still has to run.
  @exclusivity(unchecked) var deliveries = DeliveryQueue()

  /// The sources that have to hear that their futures were dropped.
  var dropped = DroppedFutures()

  /// The quiescence callbacks this thread still has to call.
  var idleRun: IdleRun?

  /// The executor whose job this thread runs, if any.
  var executor: TaskletExecutor? { memberships.last?.executor }

  /// Whether this thread runs a job of some executor.
  var isInsideExecutor: Bool { !memberships.isEmpty }

  func enter(_ executor: TaskletExecutor, asWorker isWorker: Bool = false) {
    memberships.append(Membership(executor: executor, isWorker: isWorker))
  }

  func leave() { memberships.removeLast() }

  /// Sleeps until the waiter is fired, having given away what others may need meanwhile: the
  /// callbacks this thread has still to call, and its place among the executors' running threads.
  ///
  /// - Throws: ``OutOfThreads`` if nobody could take its place. A wait with a time limit ends anyway,
  ///   and is not refused.
  func sleep(
    for waiter: ThreadWaiter, until deadline: Nanoseconds?, isDone: () -> Bool
  ) throws(OutOfThreads) {
    if !isInsideExecutor, !waiter.hasFired { CooperativePool.threadWillBlock() }
    let outer = deliveries.handOver(to: executor ?? .shared)
    defer { deliveries = outer }
    idleRun?.handOver()
    if let manual = memberships.first(where: \.executor.isManual)?.executor {
      // A manual executor has no other thread that could bring the result.
      return manual.runUntil(isDone, deadline: deadline)
    }
    let left = try leavePlaces(isBrief: deadline != nil)
    waiter.sleep(until: deadline)
    take(left)
  }

  /// Leaves the executors' places to others; gives those that were left.
  private func leavePlaces(isBrief: Bool) throws(OutOfThreads) -> [Membership] {
    var left: [Membership] = []
    for place in memberships {
      if place.executor.threadWillBlock(isWorker: place.isWorker) {
        left.append(place)
      } else if !isBrief {
        take(left)
        throw OutOfThreads(waitingOn: place.executor)
      }
    }
    return left
  }

  private func take(_ places: [Membership]) {
    for place in places { place.executor.threadDidUnblock(isWorker: place.isWorker) }
  }

  static var current: ThreadState {
    if let slot = arrival_thread_slot() {
      return Unmanaged<ThreadState>.fromOpaque(slot).takeUnretainedValue()
    }
    return make()
  }

  /// The calling thread's state if it has one; a thread that never met Arrival has none.
  static var existing: ThreadState? {
    arrival_thread_slot().map { Unmanaged<ThreadState>.fromOpaque($0).takeUnretainedValue() }
  }

  @inline(never)
  private static func make() -> ThreadState {
    let state = ThreadState()
    arrival_thread_slot_set(Unmanaged.passRetained(state).toOpaque()) {
      Unmanaged<ThreadState>.fromOpaque($0).release()
    }
    return state
  }
}

/// Counts the beginnings and ends of a thread's jobs. Written by that thread, read by any.
final class JobCounter: Sendable {
  private let count = Atomic<UInt>(0)

  /// A job begins or ends.
  func advance() {
    // One writer, so no read-modify-write is needed.
    count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  /// The job the thread is in now; only for the thread itself.
  var now: JobMark { JobMark(counter: self, count: count.load(ordering: .relaxed)) }

  fileprivate func isAt(_ value: UInt) -> Bool { count.load(ordering: .relaxed) == value }
}

/// A job of some thread.
struct JobMark: Sendable {
  fileprivate let counter: JobCounter
  fileprivate let count: UInt

  /// Whether the thread is still in it.
  var isRunning: Bool { counter.isAt(count) }
}

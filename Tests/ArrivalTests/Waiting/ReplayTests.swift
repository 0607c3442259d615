// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Foundation
import Testing

@testable import Arrival

/// Interleavings in which a version with a bug goes wrong, as straight-line calls. They come from
/// the counterexamples of `Models`; each test names the bug that it catches.
@Suite struct ReplayTests {
  /// Counts how often it is fired.
  // `@unchecked Sendable`: as its base class; what it adds is atomic.
  private final class CountingWaiter: Waiter, @unchecked Sendable {
    let fired = Counter()
    override func fire(_ future: FutureCore) { fired.raise() }
  }

  // MARK: Registering

  @Test func `A waiter that registers after the completion is refused`() {  // BUG_ADD_WITHOUT_CHECK
    let promise = Promise<Int>()
    let waiter = CountingWaiter()
    promise.succeed(1)
    #expect(!promise.future.add(waiter))
    #expect(!promise.future.hasWaiters && waiter.fired.value == 0)
  }

  // BUG_CANCEL_LEAVES_NO_MARK
  @Test func `A waiter that was cancelled before it registers is refused`() {
    let promise = Promise<Int>()
    let waiter = CountingWaiter()
    #expect(!promise.future.cancel(waiter))
    #expect(!promise.future.add(waiter))
    promise.succeed(1)
    #expect(waiter.fired.value == 0)
  }

  @Test func `Either a cancellation or a time limit removes the waiter, not both`() {
    // BUG_CANCEL_ALWAYS_FIRES
    let promise = Promise<Int>()
    let waiter = CountingWaiter()
    #expect(promise.future.add(waiter))
    #expect(promise.future.cancel(waiter))
    #expect(!promise.future.cancel(waiter))
    promise.succeed(1)
    #expect(waiter.fired.value == 0)
  }

  @Test func `A waiter that the completion removed is not removed again`() {
    // BUG_TAKE_LEAVES_LINKED
    let promise = Promise<Int>()
    let waiters = (0..<3).map { _ in CountingWaiter() }
    for waiter in waiters { #expect(promise.future.add(waiter)) }
    promise.succeed(1)
    for waiter in waiters {
      #expect(!promise.future.cancel(waiter))
      #expect(!promise.future.remove(waiter))
      #expect(waiter.fired.value == 1)
    }
  }

  @Test func `A waiter that the completion wakes finds the value`() {  // BUG_DONE_BEFORE_VALUE
    final class Reader: Waiter, @unchecked Sendable {  // As its base class; `seen` has a lock.
      let seen = Log<Int>()
      override func fire(_ future: FutureCore) {
        seen.append(unsafeDowncast(future, to: Future<Int>.self).storedValue)
      }
    }
    let promise = Promise<Int>()
    let reader = Reader()
    #expect(promise.future.add(reader))
    promise.succeed(7)
    #expect(reader.seen.all == [7])
  }

  // MARK: Parking

  @Test func `A wake that comes before the sleep is kept`() {
    let parker = Parker()
    parker.unpark()
    parker.park(until: nil)
  }

  @Test func `Two wakes before the sleep are one`() {
    let parker = Parker()
    parker.unpark()
    parker.unpark()
    parker.park(until: nil)
    let deadline = monotonicNow() + 100_000
    parker.park(until: deadline)
    #expect(monotonicNow() >= deadline)
  }

  @Test func `A sleep that timed out leaves the parker as it was`() {  // BUG_TIMEOUT_KEEPS_PARKED
    let parker = Parker()
    for _ in 0..<2 {
      let deadline = monotonicNow() + 100_000
      parker.park(until: deadline)
      // The second would return at once, again and again.
      #expect(monotonicNow() >= deadline)
    }
    parker.unpark()
    parker.park(until: nil)
  }

  @Test func `A wake for the last wait does not end the next`() {  // BUG_TRUST_ONE_WAKE
    let parker = Parker()
    let arrived = Future(value: 1)
    let first = ThreadWaiter(.one(arrived), parker)
    let second = ThreadWaiter(.one(arrived), parker)
    // The first saw that it was fired without going to sleep, so the wake is still there.
    first.fire(arrived)
    first.sleep(until: nil)
    let deadline = monotonicNow() + 100_000
    second.sleep(until: deadline)
    #expect(monotonicNow() >= deadline)
  }

  @Test func `A wait that timed out is on no list`() {  // BUG_NO_REMOVE
    let promise = Promise<Int>()
    #expect(!promise.future.wait(for: .nanoseconds(1)))
    #expect(!promise.future.hasWaiters)
    promise.succeed(1)
  }

  @Test func `Wakes and sleeps of two threads that alternate lose none`() {
    // BUG_UNPARK_WITHOUT_MUTEX, BUG_NOTIFY_BEFORE_STORE
    let parkers = [Parker(), Parker()]
    let turn = Counter()
    onThreads(2) { me in
      for _ in 0..<20_000 {
        while turn.value % 2 != me { parkers[me].park(until: nil) }
        turn.raise()
        parkers[1 - me].unpark()
      }
    }
    #expect(turn.value == 40_000)
  }

  @Test func `A wake that comes between the last look and the sleep ends the sleep`() {
    // BUG_UNPARK_WITHOUT_MUTEX
    let parker = Parker()
    let (began, returned) = (Counter(), Counter())
    let start = monotonicNow()
    var waker: PlainThread?
    parker.park(until: start + 20_000_000_000) {
      if waker != nil { return }
      waker = PlainThread {
        began.raise()
        parker.unpark()
        returned.raise()
      }
      spin { began.value == 1 }
      // This thread has the lock until it sleeps, so the wake cannot return. One without the lock
      // returns meanwhile.
      for _ in 0..<1_000 where returned.value == 0 { sched_yield() }
    }
    #expect(monotonicNow() - start < 10_000_000_000)
    waker?.join()
  }

  // MARK: The first job

  @Test func `The first job goes to one of several threads, and the queue drops the rest`() throws {
    // BUG_CLAIM_IN_TWO_STEPS, BUG_ENQUEUE_BEFORE_SET
    let manual = ManualExecutor()
    let ran = Counter()
    let future = Future(on: manual.executor) { ran.raise() }
    let tasklet = try #require(future.source as? Tasklet)
    #expect(!tasklet.isClaimed)
    let job = try #require(tasklet.claim())
    #expect(tasklet.claim() == nil)
    #expect(!manual.runOnce())
    job.runSynchronously(on: manual.executor.asUnownedTaskExecutor())
    #expect(future.done() && ran.value == 1)
  }

  @Test func `A thread runs any number of first jobs in place, one after the other`() {
    let manual = ManualExecutor()
    // More than may run inside each other.
    for number in 0..<300 {
      let future = Future(on: manual.executor) { number }
      future.source?.helpWaiter(mayRunHere: true)
      #expect(future.done())
    }
  }

  // MARK: The run loop

  @Test func `The last timekeeper outlives its keep-alive`() throws {  // BUG_NEEDED_EXITS
    var loop = RunLoop(parallelism: 1, maxSpareThreads: 0, keepAlive: 1_000, shuffle: nil)
    let worker = try #require(loop.set(Timer(deadline: 5_000) { _ in }).started)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil == 5_000)
    #expect(loop.workerAsks(worker) { 2_000 }.sleepsUntil == 5_000)
    #expect(loop.workerAsks(worker) { 5_000 }.isRun)
  }

  @Test func `A timekeeper that is woken for work leaves the timers to another worker`() throws {
    // BUG_KEEPER_STAYS
    var loop = RunLoop(parallelism: 1, maxSpareThreads: 1, keepAlive: 1_000, shuffle: nil)
    let keeper = try #require(loop.set(Timer(deadline: 500) { _ in }).started)
    #expect(loop.workerAsks(keeper) { 0 }.sleepsUntil == 500)
    #expect(loop.enqueue(.work(WorkItem {})).woken === keeper)
    guard case .run(_, let wakeup) = loop.workerAsks(keeper, now: { 0 }) else {
      Issue.record("no work")
      return
    }
    let spare = try #require(wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil == 500 + RunLoop.grace)
    #expect(loop.threadWillBlock(isWorker: true).wakeup.woken === spare)
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil == 500)
  }

  @Test func `Spare threads are reused before others are started, and retire after idling`() throws
  {
    var loop = RunLoop(parallelism: 1, maxSpareThreads: 2, keepAlive: 1_000, shuffle: nil)
    let item = RunLoop.Ready.work(WorkItem {})
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    _ = loop.enqueue(item)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
    _ = loop.threadDidUnblock(isWorker: true)
    // It makes room for the one that came back, and sleeps.
    #expect(loop.workerAsks(spare) { 10 }.sleepsUntil == 1_010)
    for time in 20..<200 {
      _ = loop.enqueue(item)
      // Blocked again and again: it is always the same that stands in.
      #expect(loop.threadWillBlock(isWorker: true).wakeup.woken === spare)
      #expect(loop.workerAsks(spare) { UInt64(time) }.isRun)
      _ = loop.threadDidUnblock(isWorker: true)
      #expect(loop.workerAsks(spare) { UInt64(time) }.sleepsUntil == UInt64(time) + 1_000)
    }
    #expect(loop.statistics.threadsStarted == 2)
    #expect(loop.statistics.threads == 2)
    #expect(loop.workerAsks(spare) { 1_199 }.isExit)
    #expect(loop.statistics.threads == 1)
  }

  @Test
  func `A wait past the limit of threads starts one more, which ends when the wait has ended`()
    throws
  {
    // BUG_LAST_THREAD_BLOCKS
    var loop = RunLoop(parallelism: 1, maxSpareThreads: 1, keepAlive: 1_000, shuffle: nil)
    let item = RunLoop.Ready.work(WorkItem {})
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    _ = loop.enqueue(item)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
    _ = loop.enqueue(item)
    let further = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(further) { 0 }.isRun)
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(loop.workerAsks(further) { 0 }.sleepsUntil == 1_000)
    #expect(loop.workerAsks(further) { 1_000 }.isExit)
    #expect(loop.statistics.threadsStarted == 3)
    #expect(loop.statistics.blockingWaits == 2)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// The run loop as a pure machine: each race of its threads is a straight line of calls.
@Suite struct RunLoopTests {
  private func loop(
    _ parallelism: Int, spare: Int = 4, keepAlive: UInt64 = 1_000
  ) -> RunLoop {
    RunLoop(parallelism: parallelism, maxSpareThreads: spare, keepAlive: keepAlive, shuffle: nil)
  }

  private var item: RunLoop.Ready { .work(WorkItem {}) }
  private func timer(_ deadline: UInt64) -> Timer { Timer(deadline: deadline) { _ in } }

  @Test func `The first work starts a thread, which finds it and then sleeps`() throws {
    var loop = loop(2)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil == 1_000)
    #expect(loop.statistics.threads == 1)
  }

  @Test func `Work that comes while a worker is being woken wakes no other`() throws {
    var loop = loop(2)
    let first = try #require(loop.enqueue(item).started)
    #expect(loop.enqueue(item).isNobody)
    #expect(loop.enqueue(item).isNobody)
    // The one on its way calls the next, and so on up to the parallelism.
    let second = try #require(loop.workerAsks(first) { 0 }.call?.started)
    #expect(loop.workerAsks(second) { 0 }.call?.isNobody == true)
    #expect(loop.statistics.ready == 1)
    #expect(loop.statistics.threads == 2)
    #expect(loop.workerAsks(first) { 0 }.isRun)
  }

  @Test func `A sleeping worker is woken before a thread is started`() throws {
    var loop = loop(2)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 0 }
    _ = loop.workerAsks(worker) { 0 }
    #expect(loop.enqueue(item).woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
  }

  @Test func `A worker without work ends after its keep-alive, not before`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 10 }
    #expect(loop.workerAsks(worker) { 20 }.sleepsUntil == 1_020)
    // A wake-up for nothing does not prolong it.
    #expect(loop.workerAsks(worker) { 500 }.sleepsUntil == 1_020)
    #expect(loop.workerAsks(worker) { 1_020 }.isExit)
    #expect(loop.statistics.threads == 0)
    #expect(loop.enqueue(item).started != nil)
  }

  @Test func `Work that comes while a worker retires is not lost`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 0 }
    _ = loop.workerAsks(worker) { 0 }
    // Its sleep has ended, but before it asks there is work, which calls it.
    #expect(loop.enqueue(item).woken === worker)
    #expect(loop.workerAsks(worker) { 1_000 }.isRun)
  }

  @Test func `One sleeping worker is the timekeeper, the others are not`() throws {
    var loop = loop(2)
    let first = try #require(loop.set(timer(500)).started)
    #expect(loop.workerAsks(first) { 0 }.sleepsUntil == 500)
    let second = try #require(loop.enqueue(item).woken)
    #expect(second === first)
    #expect(loop.workerAsks(first) { 0 }.call?.started != nil)
  }

  @Test func `A nearer timer wakes the timekeeper`() throws {
    var loop = loop(1)
    let worker = try #require(loop.set(timer(500)).started)
    _ = loop.workerAsks(worker) { 0 }
    #expect(loop.set(timer(900)).isNobody)
    #expect(loop.set(timer(100)).woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil == 100)
    #expect(loop.workerAsks(worker) { 100 }.isRun)
  }

  @Test func `A worker that is being woken takes over a nearer timer`() throws {
    var loop = loop(2)
    let keeper = try #require(loop.set(timer(5_000)).started)
    #expect(loop.workerAsks(keeper) { 0 }.sleepsUntil == 5_000)
    let other = try #require(loop.enqueue(item).woken)
    // The keeper was the only sleeper; it runs and another takes its place.
    let second = try #require(loop.workerAsks(other) { 0 }.call?.started)
    #expect(loop.workerAsks(second) { 0 }.sleepsUntil == 5_000)
    #expect(loop.workerAsks(other) { 0 }.sleepsUntil == 1_000)
    // Work calls the one that minds nothing; before it asks, a nearer timer is set.
    #expect(loop.enqueue(item).woken === other)
    #expect(loop.set(timer(50)).isNobody)
    #expect(loop.workerAsks(other) { 0 }.isRun)
    #expect(loop.workerAsks(other) { 0 }.sleepsUntil == 50)
    #expect(loop.workerAsks(other) { 50 }.isRun)
  }

  @Test func `A worker that blocks leaves a timekeeper`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    let extra = try #require(loop.set(timer(50)).started)
    #expect(loop.workerAsks(extra) { 0 }.sleepsUntil == 50 + RunLoop.grace)
    #expect(loop.threadWillBlock(isWorker: true).wakeup.woken === extra)
    #expect(loop.workerAsks(extra) { 0 }.sleepsUntil == 50)
    #expect(loop.workerAsks(extra) { 50 }.isRun)
  }

  @Test func `A worker that blocks gives its place to a spare thread, up to the limit`() throws {
    var loop = loop(1, spare: 1)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 0 }
    #expect(loop.enqueue(item).isNobody)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
    #expect(loop.enqueue(item).isNobody)
    // The last that runs may too: one more thread takes its place.
    let last = loop.threadWillBlock(isWorker: true)
    #expect(last.exceedsLimit)
    let further = try #require(last.wakeup.started)
    #expect(loop.workerAsks(further) { 0 }.isRun)
    #expect(loop.statistics.threads == 3)
    #expect(loop.statistics.blockedThreads == 2)
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(loop.workerAsks(further) { 0 }.sleepsUntil != nil)
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    #expect(loop.enqueue(item).isNobody)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
  }

  @Test
  func `A worker that comes back finds its place taken, and the next worker that asks makes room`()
    throws
  {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 0 }
    _ = loop.enqueue(item)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
    _ = loop.threadDidUnblock(isWorker: true)
    _ = loop.enqueue(item)
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil != nil)
    #expect(loop.statistics.ready == 1)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
  }

  @Test func `The loop is quiescent when nothing is ready and no thread runs`() throws {
    var loop = loop(2)
    let callback = IdleCallback(repeats: true) {}
    let first = try #require(loop.add(callback).started)
    #expect(loop.workerAsks(first) { 0 }.idleCount == 1)
    _ = loop.enqueue(item)
    _ = loop.enqueue(item)
    #expect(loop.workerAsks(first) { 0 }.isRun)
    let second = Worker(isBeingWoken: false)
    #expect(loop.workerAsks(second) { 0 }.isRun)
    // The first is done, the second still runs.
    #expect(loop.workerAsks(first) { 0 }.sleepsUntil != nil)
    #expect(loop.workerAsks(second) { 0 }.idleCount == 1)
    #expect(loop.workerAsks(second) { 0 }.sleepsUntil != nil)
  }

  @Test func `The loop is quiescent when the last running job blocks`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 0 }
    #expect(loop.add(IdleCallback(repeats: false) {}).isNobody)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.idleCount == 1)
  }

  @Test func `Callbacks that take long leave a timekeeper`() throws {
    var loop = loop(2)
    let worker = try #require(loop.set(timer(50)).started)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil == 50)
    #expect(loop.add(IdleCallback(repeats: false) {}).woken === worker)
    guard case .runIdle(_, let call) = loop.workerAsks(worker, now: { 0 }) else {
      Issue.record("not quiescent")
      return
    }
    let second = try #require(call.started)
    #expect(loop.workerAsks(second) { 0 }.sleepsUntil == 50)
  }

  @Test func `A visitor that leaves the loop quiescent wakes a worker for the callbacks again`()
    throws
  {
    var loop = loop(1)
    let worker = try #require(loop.add(IdleCallback(repeats: true) {}).started)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    // Nothing but the visit calls for them a second time.
    loop.visitorEnters()
    #expect(loop.visitorLeaves().woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
  }

  @Test func `A visitor holds back quiescence while it runs`() throws {
    var loop = loop(1)
    loop.visitorEnters()
    #expect(loop.add(IdleCallback(repeats: false) {}).isNobody)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    #expect(loop.visitorLeaves().woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
  }

  @Test func `A visitor takes the tasklet it has begun off the queue`() {
    var loop = loop(1)
    let executor = TaskletExecutor.manual("unused", seed: nil)
    let promise = Promise<Int>()
    // Without a first job it counts as begun.
    let tasklet = Tasklet(
      executor: executor, future: promise.future, spawner: nil, servesOthers: false,
      cancelsWhenUnobserved: false)
    #expect(loop.enqueue(.start(tasklet)).started != nil)
    _ = loop.workerDidNotStart()
    loop.visitorEnters()
    #expect(loop.statistics.ready == 0)
    #expect(loop.visitorLeaves().isNobody)
    _ = loop.finished(tasklet)
    promise.succeed(1)
  }

  @Test func `The last worker may block at the cap of threads if one of them sleeps`() throws {
    var loop = loop(1, spare: 1)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    _ = loop.enqueue(item)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil != nil)
    _ = loop.enqueue(item)
    #expect(loop.threadWillBlock(isWorker: true).wakeup.woken === spare)
  }

  @Test func `A worker that is one too many minds the timers as an extra`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    _ = loop.enqueue(item)
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.isRun)
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(loop.set(timer(50)).started != nil)
    _ = loop.workerDidNotStart()
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil == 50 + RunLoop.grace)
    // The other still ran. Now it minds them without the time of grace.
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil == 50)
  }

  @Test func `A thread that goes on after a blocking wait makes callbacks due again`() throws {
    var loop = loop(1)
    let worker = try #require(loop.add(IdleCallback(repeats: true) {}).started)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    _ = loop.enqueue(item)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    // While it sleeps the loop is quiescent, and they are called.
    let spare = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(spare) { 0 }.idleCount == 1)
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil != nil)
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
  }

  @Test func `A callback that does not repeat is called once, one taken off never`() throws {
    var loop = loop(1)
    let (once, removed) = (IdleCallback(repeats: false) {}, IdleCallback(repeats: true) {})
    let worker = try #require(loop.add(once).started)
    _ = loop.add(removed)
    _ = loop.add(IdleCallback(repeats: true) {})
    loop.remove(removed)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 2)
    _ = loop.enqueue(item)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    #expect(loop.statistics.quiescences == 2)
  }

  @Test func `Timers are looked at after as much work as was ready, however much follows`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    _ = loop.set(timer(5))
    // Each piece of work leaves another.
    for time in 1..<10 as Range<UInt64> {
      _ = loop.enqueue(item)
      #expect(loop.workerAsks(worker) { time }.isRun)
      #expect(loop.statistics.timersFired == (time < 5 ? 0 : 1))
    }
  }

  @Test func `The sleeper that minds the timers is left asleep while there is another`() throws {
    var loop = loop(2)
    let first = try #require(loop.enqueue(item).started)
    _ = loop.enqueue(item)
    let second = try #require(loop.workerAsks(first) { 0 }.call?.started)
    #expect(loop.workerAsks(second) { 0 }.isRun)
    #expect(loop.workerAsks(first) { 0 }.sleepsUntil == 1_000)
    #expect(loop.workerAsks(second) { 0 }.sleepsUntil == 1_000)
    #expect(loop.set(timer(500)).woken === second)
    #expect(loop.workerAsks(second) { 0 }.sleepsUntil == 500)
    #expect(loop.enqueue(item).woken === first)
    #expect(loop.workerAsks(first) { 0 }.call?.isNobody == true)
  }

  @Test func `A timer at the time of the next one wakes no worker`() throws {
    var loop = loop(2)
    let worker = try #require(loop.set(timer(500)).started)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil == 500)
    #expect(loop.set(timer(500)).isNobody)
    #expect(loop.workerAsks(worker) { 500 }.call?.isNobody != true)
    #expect(loop.statistics.timersFired == 2)
  }

  @Test func `A thread the system refused makes room for another`() {
    var loop = loop(1)
    #expect(loop.enqueue(item).started != nil)
    _ = loop.workerDidNotStart()
    #expect(loop.statistics.threads == 0)
    #expect(loop.enqueue(item).started != nil)
  }

  @Test func `A loop without threads asks for one try at a time, until the work is done`() throws {
    var loop = loop(1)
    #expect(loop.enqueue(item).started != nil)
    var hasToRetry = loop.workerDidNotStart()
    #expect(hasToRetry)
    #expect(loop.enqueue(item).started != nil)
    hasToRetry = loop.workerDidNotStart()
    #expect(!hasToRetry)
    #expect(loop.retry().started != nil)
    hasToRetry = loop.workerDidNotStart()
    #expect(hasToRetry)
    let worker = try #require(loop.retry().started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    #expect(loop.retry().isNobody)
  }

  @Test func `A loop asks for a try if only callbacks of quiescence are left`() throws {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    #expect(loop.add(IdleCallback(repeats: false) {}).isNobody)
    #expect(loop.threadWillBlock(isWorker: true).wakeup.started != nil)
    let hasToRetry = loop.workerDidNotStart()
    #expect(hasToRetry && loop.isStranded)
    let second = try #require(loop.retry().started)
    #expect(loop.workerAsks(second) { 0 }.idleCount == 1)
  }

  @Test func `After shutdown workers end when there is no work, and late work starts another`()
    throws
  {
    var loop = loop(1)
    let worker = try #require(loop.enqueue(item).started)
    _ = loop.workerAsks(worker) { 0 }
    _ = loop.workerAsks(worker) { 0 }
    #expect(loop.letThreadsExit().map(ObjectIdentifier.init) == [ObjectIdentifier(worker)])
    // Work that comes before it has asked is done by it.
    #expect(loop.enqueue(item).isNobody)
    _ = loop.workerAsks(worker) { 0 }
    #expect(loop.workerAsks(worker) { 0 }.isExit)
    let late = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(late) { 0 }.isRun)
    #expect(loop.workerAsks(late) { 0 }.isExit)
  }
}

extension RunLoop {
  /// Adds a timer that the loop accepts.
  mutating func set(_ timer: Timer) -> Wakeup {
    guard let wakeup = add(timer) else {
      Issue.record("refused")
      return .nobody
    }
    return wakeup
  }
}

extension RunLoop.Wakeup {
  var isNobody: Bool { if case .nobody = self { true } else { false } }
  var started: Worker? { if case .start(let worker) = self { worker } else { nil } }
  var woken: Worker? { if case .wake(let worker) = self { worker } else { nil } }
}

extension RunLoop.OnAsk {
  var isRun: Bool { if case .run = self { true } else { false } }
  var isExit: Bool { if case .exit = self { true } else { false } }
  var call: RunLoop.Wakeup? { if case .run(_, let call) = self { call } else { nil } }
  var sleepsUntil: UInt64? { if case .sleep(let deadline) = self { deadline } else { nil } }
  var idleCount: Int? { if case .runIdle(let callbacks, _) = self { callbacks.count } else { nil } }
}

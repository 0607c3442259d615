// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// What a run loop does when all its threads are blocked, as a pure machine.
@Suite struct HoldbackTests {
  private let executor = TaskletExecutor.manual("starts", seed: nil)

  private func loop(_ parallelism: Int, spare: Int) -> RunLoop {
    RunLoop(
      parallelism: parallelism, maxSpareThreads: spare, keepAlive: 1_000_000_000, shuffle: nil)
  }

  /// A tasklet that no thread has begun.
  private func tasklet(_ name: String = "new") -> Tasklet {
    let future = Future<Int>(
      pending: name, site: SourceSite(function: #function, file: #fileID, line: #line))
    let tasklet = Tasklet(
      executor: executor, future: future, spawner: nil, servesOthers: false,
      cancelsWhenUnobserved: false)
    // Never run, so any address that is not zero will do.
    tasklet.setFirstJob(unsafeBitCast(64 as UInt, to: UnownedJob.self))
    return tasklet
  }

  private var item: RunLoop.Ready { .work(WorkItem {}) }

  /// A loop of one thread without spare ones, in which that thread is blocked.
  private func blocked() throws -> (RunLoop, worker: Worker, spare: Worker) {
    var loop = loop(1, spare: 0)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    _ = loop.admit(isChild: false)
    _ = loop.enqueue(.start(tasklet()))
    let effects = loop.threadWillBlock(isWorker: true)
    #expect(effects.exceedsLimit)
    return (loop, worker, try #require(effects.wakeup.started))
  }

  @Test func `A new tasklet is held back, and what has begun overtakes it`() throws {
    var (loop, _, spare) = try blocked()
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil == 1_000_000)
    #expect(loop.enqueue(item).woken === spare)
    #expect(loop.workerAsks(spare) { 10 }.isRun)
    #expect(loop.workerAsks(spare) { 20 }.sleepsUntil == 1_000_000)
    #expect(loop.statistics.ready == 1)
  }

  @Test func `A tasklet that others wait for is not held back`() throws {
    var (loop, _, spare) = try blocked()
    let needed = tasklet("needed")
    needed.willHoldUpTasklet()
    _ = loop.admit(isChild: false)
    _ = loop.enqueue(.start(needed))
    guard case .run(.start(let next), _) = loop.workerAsks(spare, now: { 0 }) else {
      Issue.record("nothing to run")
      return
    }
    #expect(next === needed)
  }

  @Test func `Quiescence callbacks are called while new tasklets are held back`() throws {
    var (loop, _, spare) = try blocked()
    _ = loop.add(IdleCallback(repeats: false) {})
    _ = loop.add(IdleCallback(.atRest, repeats: false) {})
    // A shutdown waits for the held back ones, too.
    #expect(loop.workerAsks(spare) { 0 }.idleCount == 1)
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil == 1_000_000)
  }

  @Test func `A thread that comes back takes the held back tasklets first`() throws {
    var (loop, worker, spare) = try blocked()
    #expect(loop.workerAsks(spare) { 0 }.sleepsUntil != nil)
    _ = loop.threadDidUnblock(isWorker: true)
    _ = loop.enqueue(item)
    guard case .run(.start, _) = loop.workerAsks(worker, now: { 1 }) else {
      Issue.record("the later work came first")
      return
    }
    #expect(loop.workerAsks(worker) { 1 }.isRun)
  }

  @Test func `A thread that comes back wakes a worker for the held back tasklets`() throws {
    var loop = loop(2, spare: 0)
    let first = try #require(loop.enqueue(item).started)
    _ = loop.enqueue(item)
    let second = try #require(loop.workerAsks(first) { 0 }.call?.started)
    #expect(loop.workerAsks(second) { 0 }.isRun)
    let effects = loop.threadWillBlock(isWorker: true)
    #expect(!effects.exceedsLimit)
    _ = loop.admit(isChild: false)
    _ = loop.enqueue(.start(tasklet()))
    let third = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
    #expect(loop.workerAsks(third) { 0 }.sleepsUntil == 1_000_000)
    #expect(loop.threadDidUnblock(isWorker: true).woken === third)
    #expect(loop.workerAsks(third) { 1 }.isRun)
  }

  @Test func `If no thread comes back, one thread more may block for each millisecond`() throws {
    var (loop, _, spare) = try blocked()
    for _ in 0..<2_000 {
      _ = loop.admit(isChild: false)
      _ = loop.enqueue(.start(tasklet()))
    }
    var (now, worker) = (UInt64(0), spare)
    // What begins blocks too, at once.
    while now < 1_000_000_000 {
      switch loop.workerAsks(worker, now: { now }) {
      case .run:
        worker = try #require(loop.threadWillBlock(isWorker: true).wakeup.started)
      case .sleep(let deadline): now = try #require(deadline)
      case .runIdle: break
      case .exit: Issue.record("the last thread ended")
      }
    }
    let blocked = loop.statistics.blockedThreads
    #expect(blocked > 500 && blocked < 1_100)
    #expect(loop.statistics.threads == blocked + 1)
  }

  @Test func `The pauses begin anew when a thread has come back`() {
    var holdback = Holdback(limit: 2)
    #expect(!holdback.holds(blocked: 1) && holdback.holds(blocked: 2))
    holdback.pause(now: 0, blocked: 2)
    #expect(holdback.deadline == 1_000_000)
    holdback.pause(now: 1_000_000, blocked: 2)
    #expect(!holdback.holds(blocked: 2) && holdback.holds(blocked: 3))
    holdback.pause(now: 3_000_000, blocked: 3)
    #expect(!holdback.holds(blocked: 4) && holdback.holds(blocked: 5))
    // It may have come back only to look, so the pause goes on.
    holdback.threadCameBack(blocked: 4)
    #expect(!holdback.holds(blocked: 4) && holdback.deadline == 7_000_000)
    holdback.threadCameBack(blocked: 1)
    #expect(!holdback.holds(blocked: 1) && holdback.holds(blocked: 2))
    holdback.pause(now: 9_000_000, blocked: 2)
    #expect(holdback.deadline == 10_000_000)
  }

  @Test func `A loop whose threads are all blocked is stranded if the system refuses another`()
    throws
  {
    var (loop, _, _) = try blocked()
    #expect(!loop.isStranded)
    _ = loop.workerDidNotStart()
    #expect(loop.isStranded)
    #expect(loop.startIfThreadless().started != nil)
    #expect(!loop.isStranded)
    _ = loop.workerDidNotStart()
    // The thread that blocked comes back.
    _ = loop.threadDidUnblock(isWorker: true)
    #expect(!loop.isStranded)
    #expect(loop.startIfThreadless().isNobody)
  }

  @Test(arguments: 0..<200)
  func `Held back tasklets all begin, in any schedule`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    var loop = loop(1 + seed % 3, spare: seed % 4)
    var (now, begun, blocked, running) = (UInt64(0), 0, 0, [Worker]())
    var asking: [Worker] = []
    func follow(_ wakeup: RunLoop.Wakeup) {
      if let worker = wakeup.started ?? wakeup.woken { asking.append(worker) }
    }
    var asleep: [(Worker, UInt64)] = []
    let count = 60
    for _ in 0..<count {
      _ = loop.admit(isChild: false)
      follow(loop.enqueue(.start(tasklet())))
    }
    for _ in 0..<20_000 where begun < count || blocked > 0 || !running.isEmpty {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0 where blocked > 0 && begun == count:
        blocked -= 1
        follow(loop.threadDidUnblock(isWorker: true))
        running.append(Worker(isBeingWoken: false))
      case 1 where !running.isEmpty && begun < count:
        // Nothing comes back before all have begun.
        running.removeLast()
        blocked += 1
        follow(loop.threadWillBlock(isWorker: true).wakeup)
      case 2: follow(loop.enqueue(item))
      case 3: now += 500_000
      case 4 where !running.isEmpty: asking.append(running.removeLast())
      default:
        for (worker, deadline) in asleep where deadline <= now {
          asleep.removeAll { $0.0 === worker }
          asking.append(worker)
        }
        guard let worker = asking.popLast() else { continue }
        asleep.removeAll { $0.0 === worker }
        switch loop.workerAsks(worker, now: { now }) {
        case .run(let work, let wakeup):
          if case .start = work { begun += 1 }
          running.append(worker)
          follow(wakeup)
        case .runIdle(_, let wakeup):
          running.append(worker)
          follow(wakeup)
        case .sleep(let deadline): asleep.append((worker, deadline ?? .max))
        case .exit: break
        }
      }
    }
    #expect(begun == count)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// The run loop under random schedules of threads, work, timers and blocking waits. Whatever comes,
/// work is never left lying while a thread could run it, and timers never unminded.
@Suite struct RunLoopScheduleTests {
  /// The threads of a loop, moved one step at a time.
  private struct World {
    var loop: RunLoop
    let parallelism: Int
    var now: UInt64 = 0
    /// On their way: started or woken, and have not asked yet.
    var called: [Worker] = []
    var asleep: [(worker: Worker, deadline: UInt64?)] = []
    var running: [Worker] = []
    var blocked: [Worker] = []
    var timers: [Timer] = []
    var exits = 0

    init(parallelism: Int, spare: Int) {
      self.parallelism = parallelism
      loop = RunLoop(
        parallelism: parallelism, maxSpareThreads: spare, keepAlive: 50, shuffle: nil)
    }

    mutating func perform(_ call: RunLoop.Wakeup) {
      switch call {
      case .nobody: break
      case .start(let worker): called.append(worker)
      case .wake(let worker):
        // Its own deadline may have woken it already.
        asleep.removeAll { $0.worker === worker }
        if !called.contains(where: { $0 === worker }) { called.append(worker) }
      }
    }

    mutating func ask(_ worker: Worker) {
      let now = now
      switch loop.workerAsks(worker, now: { now }) {
      case .run(_, let call):
        running.append(worker)
        perform(call)
      case .runIdle(_, let call):
        running.append(worker)
        perform(call)
      case .sleep(let deadline): asleep.append((worker, deadline))
      case .exit: exits += 1
      }
    }

    mutating func wakeSleepers() {
      for (worker, deadline) in asleep where deadline.map({ $0 <= now }) ?? false {
        asleep.removeAll { $0.worker === worker }
        called.append(worker)
      }
    }

    /// What has to hold between any two steps.
    func check() {
      let statistics = loop.statistics
      let someoneComes = !called.isEmpty || running.count >= parallelism
      let everyThreadRuns = running.count >= parallelism
      if statistics.ready > 0, blocked.count < statistics.threads || statistics.threads == 0 {
        #expect(someoneComes, "work is ready and no worker comes")
      }
      if let next = loop.nextDeadline, called.isEmpty {
        let latest = everyThreadRuns ? next + RunLoop.grace : next
        let minded = asleep.compactMap(\.deadline).contains { $0 <= latest }
        #expect(minded, "no worker keeps the time")
      }
    }
  }

  @Test(arguments: 0..<400)
  func `Ready work and timers always have a worker`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var world = World(parallelism: 1 + seed % 3, spare: 40)
    for _ in 0..<300 {
      switch Int.random(in: 0..<12, using: &generator) {
      case 0, 1: world.perform(world.loop.enqueue(.work(WorkItem {})))
      case 2:
        let deadline = world.now + UInt64.random(in: 0..<120, using: &generator)
        let timer = Timer(deadline: deadline) { _ in }
        world.timers.append(timer)
        if let wakeup = world.loop.add(timer) { world.perform(wakeup) }
      case 3:
        guard let timer = world.timers.randomElement(using: &generator) else { continue }
        _ = world.loop.remove(timer)
      case 4:
        let repeats = Bool.random(using: &generator)
        world.perform(world.loop.add(IdleCallback(repeats: repeats) {}))
      case 5:
        world.now += UInt64.random(in: 0..<30, using: &generator)
        world.wakeSleepers()
      case 6 where world.blocked.count < 30:
        guard let index = world.running.indices.randomElement(using: &generator) else { continue }
        let effects = world.loop.threadWillBlock(isWorker: true)
        world.blocked.append(world.running.remove(at: index))
        world.perform(effects.wakeup)
      case 7:
        guard let index = world.blocked.indices.randomElement(using: &generator) else { continue }
        world.running.append(world.blocked.remove(at: index))
        world.perform(world.loop.threadDidUnblock(isWorker: true))
      case 8, 9:
        guard let index = world.running.indices.randomElement(using: &generator) else { continue }
        let worker = world.running.remove(at: index)
        world.ask(worker)
      default:
        guard let index = world.called.indices.randomElement(using: &generator) else { continue }
        let worker = world.called.remove(at: index)
        world.ask(worker)
      }
      world.check()
    }
    drain(&world)
  }

  /// Lets everybody finish: nothing may be left over.
  private func drain(_ world: inout World) {
    for _ in 0..<100_000 {
      if let worker = world.blocked.popLast() {
        world.perform(world.loop.threadDidUnblock(isWorker: true))
        world.running.append(worker)
      }
      if let worker = world.running.popLast() ?? world.called.popLast() {
        world.ask(worker)
        continue
      }
      guard let next = world.asleep.compactMap(\.deadline).min() else { break }
      world.now = max(world.now, next)
      world.wakeSleepers()
    }
    let statistics = world.loop.statistics
    #expect(statistics.ready == 0)
    #expect(statistics.timers == 0)
    #expect(statistics.blockedThreads == 0)
    #expect(statistics.threads == 0)
    #expect(statistics.threadsStarted == world.exits)
  }
}

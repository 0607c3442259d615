// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct TimerTests {
  @Test func `Timers fire in the order of their times`() {
    let manual = ManualExecutor()
    let log = Log<Int>()
    for delay in [5, 1, 9, 3, 7, 2, 8] {
      Future.sleep(for: .seconds(delay), on: manual.executor).onCompletion { _ in
        #expect(manual.now == .seconds(delay))
        log.append(delay)
      }
    }
    manual.advance(by: .seconds(10))
    #expect(log.all == [1, 2, 3, 5, 7, 8, 9])
    #expect(manual.now == .seconds(10))
  }

  @Test func `Timers of one time fire first in, first out`() {
    let manual = ManualExecutor()
    let log = Log<Int>()
    for index in 0..<50 {
      Future.sleep(for: .seconds(1), on: manual.executor).onCompletion { _ in log.append(index) }
    }
    manual.advance(by: .seconds(1))
    #expect(log.all == Array(0..<50))
  }

  @Test func `A negative delay fires at once, before what is due later`() {
    let manual = ManualExecutor()
    let log = Log<Int>()
    for delay in [1, -1, 0, -5] {
      Future.sleep(for: .seconds(delay), on: manual.executor).onCompletion { _ in
        log.append(delay)
      }
    }
    manual.run()
    #expect(log.all == [-1, 0, -5])
    manual.advance(by: .seconds(1))
    #expect(log.all == [-1, 0, -5, 1])
  }

  @Test func `A due timer is on time while an RPC is outstanding`() {
    let manual = ManualExecutor()
    let rpc = Promise<Int>()
    let caller = Future(on: manual.executor) { try await rpc.future.value }
    let nap = Future.sleep(for: .seconds(1), on: manual.executor)
    manual.run()
    manual.advance(by: .seconds(1))
    #expect(nap.done())
    #expect(!caller.done())
    rpc.succeed(1)
    manual.run()
    #expect(caller.done())
  }

  @Test func `Endless work keeps no due timer waiting`() {
    let manual = ManualExecutor()
    let passes = Counter()
    let busy = Future(on: manual.executor) {
      for _ in 0..<5 { await Task.yield() }
      let nap = Future.sleep(for: .zero, on: manual.executor)
      while !nap.done() {
        passes.raise()
        await Task.yield()
      }
    }
    for _ in 0..<20 where !busy.done() { _ = manual.runOnce() }
    #expect(busy.done())
    #expect(passes.value <= 2)
  }

  @Test func `A pass is the work that is ready when it begins; then timers are looked at`() {
    let manual = ManualExecutor()
    let done = Counter()
    func start(_ count: Int) {
      for _ in 0..<count { _ = Future(on: manual.executor) { done.raise() } }
    }
    start(10_000)
    #expect(manual.runOnce())
    let nap = Future.sleep(for: .zero, on: manual.executor)
    start(10)
    for _ in 1..<10_000 { #expect(manual.runOnce()) }
    #expect(done.value == 10_000)
    #expect(manual.executor.statistics().timersFired == 0)
    #expect(manual.runOnce())
    #expect(manual.executor.statistics().timersFired == 1)
    manual.run()
    #expect(nap.done() && done.value == 10_010)
  }

  @Test func `Work that a timer starts runs before the clock goes on`() {
    let manual = ManualExecutor()
    let times = Log<Duration>()
    _ = Future(on: manual.executor) {
      try await Future.sleep(for: .seconds(1)).value
      times.append(manual.now)
      try await Future { try await Future.sleep(for: .seconds(1)).value }.value
      times.append(manual.now)
    }
    manual.advance(by: .seconds(100))
    #expect(times.all == [.seconds(1), .seconds(2)])
  }

  @Test func `All timers of an executor with threads fire, in whatever order they were set`() {
    let executor = TaskletExecutor("timers", configuration: .init(threads: 1))
    for delays in [[4, 2, 3, 1], [1, 2, 3, 4], [-1, 0, 3, 0]] {
      let naps = delays.map { Future.sleep(for: .microseconds($0 * 100), on: executor) }
      // A wait that hangs is the failure.
      Future.waitAll(naps)
    }
    #expect(executor.statistics().timersFired == 12)
    executor.shutdown()
  }

  @Test func `A near timer set after a far one is on time while a worker is being woken`() {
    let executor = TaskletExecutor("timers", configuration: .init(threads: 2))
    let far = Future.sleep(for: .seconds(1_000_000), on: executor)
    for _ in 0..<500 {
      let work = Future(on: executor) {}
      let near = Future.sleep(for: .microseconds(20), on: executor)
      // A wait that hangs is the failure.
      near.wait()
      work.wait()
    }
    far.cancel()
    executor.shutdown()
  }
}

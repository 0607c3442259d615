// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

@Suite struct TaskletExecutorTests {
  @Test func `Work runs first in, first out`() {
    let manual = ManualExecutor()
    let log = Log<Int>()
    for index in 0..<100 { _ = Future(on: manual.executor) { log.append(index) } }
    #expect(manual.run() == 100)
    #expect(log.all == Array(0..<100))
  }

  @Test func `One thread runs work first in, first out`() {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1))
    let log = Log<Int>()
    let futures = (0..<1_000).map { index in Future(on: executor) { log.append(index) } }
    executor.shutdown()
    #expect(futures.allSatisfy { $0.done() })
    #expect(log.all == Array(0..<1_000))
  }

  @Test func `Ready tasklets take turns at their awaits`() {
    let manual = ManualExecutor()
    let log = Log<String>()
    for name in ["a", "b"] {
      _ = Future(on: manual.executor) {
        for step in 1...3 {
          log.append("\(name)\(step)")
          await Task.yield()
        }
      }
    }
    manual.run()
    #expect(log.all == ["a1", "b1", "a2", "b2", "a3", "b3"])
  }

  @Test func `A seed shuffles, and the same seed gives the same order`() {
    func order(_ seed: UInt64?) -> [Int] {
      let manual = ManualExecutor(seed: seed)
      let log = Log<Int>()
      for index in 0..<20 {
        _ = Future(on: manual.executor) {
          log.append(index)
          await Task.yield()
          log.append(100 + index)
        }
      }
      manual.run()
      return log.all
    }
    let plain = order(nil)
    #expect(order(1) == order(1))
    #expect(order(1) != order(2))
    #expect(order(1) != plain)
    #expect(order(1).sorted() == plain.sorted())
    #expect(plain == Array(0..<20) + Array(100..<120))
  }

  @Test func `runOnce runs one piece of work`() {
    let manual = ManualExecutor()
    let log = Log<Int>()
    for index in 0..<2 { _ = Future(on: manual.executor) { log.append(index) } }
    #expect(manual.runOnce())
    #expect(log.all == [0])
    #expect(manual.runOnce())
    #expect(log.all == [0, 1])
    #expect(!manual.runOnce())
  }

  @Test func `Statistics count what happened`() {
    let manual = ManualExecutor()
    let executor = manual.executor
    let promise = Promise<Int>()
    _ = Future(on: executor) { try await promise.future.value }
    _ = Future.sleep(for: .seconds(1), on: executor)
    #expect(executor.statistics().ready == 1)
    #expect(executor.statistics().timers == 1)
    #expect(executor.statistics().pendingTasklets == 1)
    manual.run()
    #expect(executor.statistics().jobs == 1)
    #expect(executor.statistics().ready == 0)
    #expect(executor.statistics().quiescences == 1)
    manual.advance(by: .seconds(1))
    #expect(executor.statistics().timersFired == 1)
    #expect(executor.statistics().timers == 0)
    promise.succeed(1)
    manual.run()
    #expect(executor.statistics().pendingTasklets == 0)
    #expect(executor.statistics().threads == 0)
  }

  @Test func `An executor starts no more threads than it has work for`() async {
    // One that ends for want of work on a loaded machine would be started anew.
    let executor = TaskletExecutor(
      "four", configuration: .init(threads: 4, keepAlive: .seconds(3_600)))
    #expect(executor.statistics().threads == 0)
    for _ in 0..<100 { await Future(on: executor) {}.wait() }
    // One at work and one that it calls when it sees more.
    #expect(executor.statistics().threadsStarted <= 4)
    await executor.shutdown()
  }

  @Test func `Work is spread over the threads`() {
    let executor = TaskletExecutor("three", configuration: .init(threads: 3))
    // Each needs the others to have begun, without a wait that Arrival knows of.
    let begun = Counter()
    let futures = (0..<3).map { _ in
      Future(on: executor) {
        begun.raise()
        spin { begun.value == 3 }
      }
    }
    Future.waitAll(futures.map(\.detached))
    executor.shutdown()
  }

  @Test func `Any task may prefer the executor`() async {
    let executor = TaskletExecutor("preferred", configuration: .init(threads: 1))
    let name = await Task(executorPreference: executor) { TaskletExecutor.current.name }.value
    #expect(name == "preferred")
    let inner = await withTaskExecutorPreference(executor) { TaskletExecutor.current.name }
    #expect(inner == "preferred")
    await executor.shutdown()
  }
}

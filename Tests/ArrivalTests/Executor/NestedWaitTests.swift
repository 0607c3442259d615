// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Foundation
import Testing

/// Blocking waits inside tasklets: no number of them may stop an executor.
@Suite struct NestedWaitTests {
  private func executor(_ threads: Int) -> TaskletExecutor {
    TaskletExecutor("few", configuration: .init(threads: threads))
  }

  @Test(arguments: [1, 3, 1_000])
  func `Nested blocking waits end on one thread`(depth: Int) throws {
    let executor = executor(1)
    // Detached, or the test's own thread would run it.
    #expect(try blockingNest(depth, on: executor).detached.getResult() == depth)
    executor.shutdown()
  }

  @Test func `Shallow nested waits need no further thread`() async throws {
    let executor = executor(1)
    #expect(try await blockingNest(50, on: executor).value == 50)
    #expect(executor.statistics().threadsStarted == 1)
    #expect(executor.statistics().blockingWaits == 0)
    await executor.shutdown()
  }

  @Test func `Nested waits inside a manual tasklet run on one stack`() throws {
    let manual = ManualExecutor()
    let future = blockingNest(100, on: manual.executor)
    manual.run()
    #expect(try future.getResult() == 100)
  }

  @Test func `More blocked tasklets than cores do not hang`() throws {
    let executor = executor(2)
    let promise = Promise<Int>()
    let blocked = (0..<100).map { _ in Future(on: executor) { try blockingly(promise.future) } }
    // Behind them all in the queue.
    let opener = Future(on: executor) { _ = promise.succeed(1) }
    Future.waitAll(blocked.map(\.detached))
    // Its own end comes a moment after the promise's. With a limit, or this thread would run it.
    #expect(opener.wait(for: .seconds(60)))
    #expect(try blocked.map { try $0.getResult() } == Array(repeating: 1, count: 100))
    executor.shutdown()
  }

  @Test func `Blocked tasklets go on in any order of completion`() throws {
    let executor = executor(1)
    let promises = (0..<60).map { _ in Promise<Int>() }
    let blocked = promises.map { promise in
      Future(on: executor) { try blockingly(promise.future) }
    }
    for (index, promise) in promises.enumerated().reversed() {
      _ = Future(on: executor) { _ = promise.succeed(index) }
    }
    #expect(try blocked.map { try $0.getResult() } == Array(0..<60))
    executor.shutdown()
  }

  @Test func `A tasklet blocked on a timer is woken although it holds the only thread`() {
    let executor = executor(1)
    let future = Future(on: executor) { blockOn(Future.sleep(for: .microseconds(200))) }
    future.detached.wait()
    #expect(future.getException() == nil)
    executor.shutdown()
  }

  @Test func `Tasklets on every thread blocked on timers are all woken`() {
    let executor = executor(2)
    let futures = (0..<8).map { index in
      Future(on: executor) { blockOn(Future.sleep(for: .microseconds(100 * (8 - index)))) }
    }
    Future.waitAll(futures.map(\.detached))
    #expect(futures.allSatisfy { $0.getException() == nil })
    executor.shutdown()
  }

  @Test func `Executors whose tasklets block for each other do not hang`() throws {
    let a = executor(1)
    let b = executor(1)
    func bounce(_ depth: Int, _ here: TaskletExecutor, _ there: TaskletExecutor) -> Future<Int> {
      Future(on: here) {
        depth == 0 ? 0 : try blockingly(bounce(depth - 1, there, here)) + 1
      }
    }
    let futures = (0..<4).map { _ in bounce(40, a, b) }
    for future in futures { #expect(try future.getResult() == 40) }
    a.shutdown()
    b.shutdown()
  }

  @Test func `A blocked wait does not keep the executor from quiescence`() {
    let executor = executor(1)
    let promise = Promise<Int>()
    let registration = executor.onQuiescence { promise.succeed(1) }
    let future = Future(on: executor) { try blockingly(promise.future) }
    future.detached.wait()
    registration.cancel()
    #expect((try? future.getResult()) == 1)
    executor.shutdown()
  }

  @Test func `Threads of every kind may block for one tasklet`() throws {
    let executor = executor(1)
    let gate = Promise<Void>()
    let future = Future(on: executor) {
      try await gate.future.value
      return 7
    }
    let sum = Counter()
    let queue = DispatchQueue(label: "q", attributes: .concurrent)
    let group = DispatchGroup()
    for _ in 0..<4 {
      queue.async(group: group) { if (try? future.getResult()) == 7 { sum.raise() } }
    }
    let threads = (0..<4).map { _ in
      PlainThread { if (try? future.getResult()) == 7 { sum.raise() } }
    }
    spin { future.hasWaiters }
    gate.succeed()
    for thread in threads { thread.join() }
    group.wait()
    #expect(sum.value == 8)
    executor.shutdown()
  }
}

private func blockingly<Value>(_ future: Future<Value>) throws -> Value { try future.getResult() }

private func blockOn(_ future: FutureCore) { future.wait() }

private func blockingNest(_ depth: Int, on executor: TaskletExecutor) -> Future<Int> {
  Future(on: executor) {
    depth == 0 ? 0 : try blockingly(blockingNest(depth - 1, on: executor)) + 1
  }
}

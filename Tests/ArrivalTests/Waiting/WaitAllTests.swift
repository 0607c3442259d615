// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct WaitAllTests {
  @Test func `waitAll waits for all futures and throws none of their errors`() async {
    let promises = (0..<4).map { _ in Promise<Int>() }
    let futures = promises.map(\.future)
    let done = Counter()
    let task = Task {
      await Future.waitAll(futures)
      done.raise()
    }
    let thread = PlainThread {
      Future.waitAll(futures)
      done.raise()
    }
    for (index, promise) in promises.enumerated() {
      await yield { promise.future.hasWaiters }
      #expect(done.value == 0)
      if index == 1 { promise.fail(Oops()) } else { promise.succeed(index) }
    }
    await task.value
    thread.join()
    #expect(done.value == 2)
  }

  @Test func `waitAll over done futures runs no other work`() async {
    let manual = ManualExecutor()
    let work = Future(on: manual.executor) { 1 }
    let done = [Future(value: 1), Future(error: Oops())]
    func block() {
      Future.waitAll(done)
      Future.waitAll([] as [Future<Int>])
      Future.waitAll([Future(value: 1), Future(value: "x")])
    }
    block()
    await Future.waitAll(done)
    await Future.waitAll([] as [any AnyFuture])
    #expect(!work.done())
    #expect(manual.executor.statistics().jobs == 0)
    manual.run()
  }

  @Test func `waitAll takes mixed arrays and packs`() async throws {
    let number = Promise<Int>()
    let text = Promise<String>()
    let ended = Counter()
    let waits: [@Sendable () async -> Void] = [
      { await Future.waitAll([number.future, text.future]) },
      { await Future.waitAll(number.future, text.future) },
    ]
    let tasks = waits.map { wait in
      Task {
        await wait()
        #expect(number.future.done() && text.future.done())
        ended.raise()
      }
    }
    await yield { number.future.hasWaiters }
    text.fail(Oops())
    number.succeed(1)
    for task in tasks { await task.value }
    func block() { Future.waitAll(number.future, text.future) }
    block()
    #expect(ended.value == 2)
  }

  @Test func `A lazy sequence starts all its futures before the first wait`() {
    let manual = ManualExecutor()
    let executor = manual.executor
    let calls = Log<[Int]>()
    let batcher = Batcher<Int, Int>(on: executor) { (keys: [Int]) in
      calls.append(keys)
      return keys
    }
    let all = Future(on: executor) {
      await Future.waitAll((0..<3).lazy.map { batcher.load($0) })
    }
    manual.run()
    #expect(all.done())
    #expect(calls.all == [[0, 1, 2]])
  }

  @Test func `waitAll over 100,000 pending futures takes no stack`() async {
    let promises = (0..<100_000).map { _ in Promise<Int>() }
    let futures = promises.map(\.future)
    let task = Task { await Future.waitAll(futures) }
    let thread = PlainThread { Future.waitAll(futures) }
    for promise in promises.reversed() { promise.succeed(1) }
    await task.value
    thread.join()
    #expect(!futures.contains { $0.hasWaiters })
  }

  @Test func `Callbacks of the futures of a waitAll run on its thread or before it returns`() {
    let ran = Counter()
    let futures = (0..<10).map { index in
      let future = Future { index }
      future.onCompletion { _ in ran.raise() }
      return future
    }
    Future.waitAll(futures)
    spin { ran.value == 10 }
  }
}

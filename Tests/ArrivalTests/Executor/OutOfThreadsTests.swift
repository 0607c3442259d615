// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

/// Waits on an executor whose threads are all blocked. None may fail, and none may harm the future
/// for which it waits.
@Suite struct OutOfThreadsTests {
  private func small(_ spare: Int = 0) -> TaskletExecutor {
    TaskletExecutor("small", configuration: .init(threads: 1, maxSpareThreads: spare))
  }

  @Test func `No blocking wait is refused, and the tasklet behind them all begins`() throws {
    let executor = small(3)
    let promise = Promise<Int>()
    let blocked = (0..<40).map { _ in Future(on: executor) { try promise.future.getResult() } }
    let rescuer = Future(on: executor) { promise.succeed(7) }
    // With a limit, or this thread would run it.
    #expect(rescuer.wait(for: .seconds(60)))
    #expect(try blocked.map { try $0.getResult() } == Array(repeating: 7, count: 40))
    executor.shutdown()
  }

  @Test func `A wait that cannot throw does not complete the future of somebody else`() throws {
    let executor = small()
    let (first, second) = (Promise<Int>(), Promise<Int>())
    let waits: [Future<Void>] = [
      Future(on: executor) { block(first.future) },
      Future(on: executor) { _ = first.future.getException() },
      Future(on: executor) { _ = first.future.getTraceback() },
      Future(on: executor) { blockForAll([first.future, second.future]) },
      Future(on: executor) { _ = Future.waitAny([first.future, second.future]) },
    ]
    spin { executor.statistics().blockedThreads == 5 }
    #expect(!first.future.done() && !second.future.done())
    #expect(first.succeed(100) && second.succeed(200))
    Future.waitAll(waits.map(\.detached))
    #expect(try first.future.getResult() == 100)
    executor.shutdown()
  }

  @Test func `A thousand tasklets that each block for a load all get their values`() throws {
    for configuration: TaskletExecutor.Configuration in [
      .init(threads: 2), .init(threads: 1, maxSpareThreads: 7),
    ] {
      let executor = TaskletExecutor("loads", configuration: configuration)
      let calls = Counter()
      let batcher = Batcher<Int, Int>(
        configuration: .init(maxBatchSize: 2_000, maxDelay: .seconds(1_000)), on: executor
      ) { (keys: [Int]) in
        calls.raise()
        await Task.yield()
        return keys
      }
      let loads = (0..<1_000).map { key in
        Future(on: executor) { try blockingly(batcher.load(key)) }
      }
      #expect(try loads.map { try $0.detached.getResult() } == Array(0..<1_000))
      #expect(calls.value <= 1_000)
      executor.shutdown()
    }
  }

  @Test func `A flush at the limit returns after its rows are written`() throws {
    let executor = small(2)
    let written = Log<Int>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxDelay: .seconds(1_000)), on: executor
    ) { (keys: [Int]) in
      await Task.yield()
      for key in keys { written.append(key) }
      return keys
    }
    let flushes = (0..<60).map { key in
      Future(on: executor) {
        _ = batcher.load(key)
        flush(batcher)
        return written.all.contains(key)
      }
    }
    #expect(try flushes.allSatisfy { try $0.detached.getResult() })
    executor.shutdown()
  }

  @Test func `A shutdown called at the limit of another executor waits`() throws {
    let (full, other) = (small(), TaskletExecutor("other", configuration: .init(threads: 1)))
    let gate = Promise<Void>()
    let jobs = (0..<5).map { index in
      Future(on: other) {
        while !gate.future.done() {}
        return index
      }
    }
    let stopper = Future(on: full) { other.shutdown() }
    spin { other.isClosing && full.statistics().blockedThreads == 1 }
    #expect(!stopper.done())
    gate.succeed()
    stopper.detached.wait()
    #expect(try jobs.map { try $0.getResult() } == Array(0..<5))
    full.shutdown()
  }

  @Test func `A wait with a limit ends on time, and sooner if the tasklet it waits for can begin`()
    throws
  {
    let executor = small()
    let promise = Promise<Int>()
    let late = Future(on: executor) { promise.future.wait(for: .microseconds(100)) }
    #expect(try late.wait(for: .seconds(60)) && !late.getResult())
    #expect(!promise.future.done())
    let inTime = Future(on: executor) {
      try blockingly(Future(on: executor) { 3 }, within: .seconds(600))
    }
    #expect(try inTime.detached.getResult() == 3)
    promise.succeed(1)
    executor.shutdown()
  }

  @Test func `Steps of tasks that have begun run although all threads are blocked`() throws {
    let executor = small()
    let (begun, opened) = (Promise<Void>(), Promise<Void>())
    let opener = Future(on: executor) {
      begun.succeed()
      try await opened.future.value
      return 1
    }
    #expect(begun.future.wait(for: .seconds(60)))
    let blocked = Future(on: executor) { try blockingly(opener.detached) }
    spin { executor.statistics().blockedThreads == 1 }
    opened.succeed()
    #expect(try blocked.detached.getResult() == 1)
    executor.shutdown()
  }

  @Test func `Tasklets that block after they began need a thread each, and all end`() throws {
    let executor = small(4)
    let promise = Promise<Int>()
    let blocked = (0..<100).map { _ in
      Future(on: executor) {
        await Task.yield()
        return try blockingly(promise.future)
      }
    }
    spin { executor.statistics().blockedThreads == 100 }
    promise.succeed(2)
    #expect(try blocked.map { try $0.detached.getResult() } == Array(repeating: 2, count: 100))
    executor.shutdown()
    spin { executor.statistics().threads == 0 }
  }

  @Test func `A tasklet that looks again and again does not keep others from beginning`() throws {
    let executor = small()
    let promise = Promise<Int>()
    let blocked = Future(on: executor) { try blockingly(promise.future) }
    let looking = Future(on: executor) {
      while !look(promise.future, within: .microseconds(300)) {}
    }
    let rescuer = Future(on: executor) { promise.succeed(1) }
    #expect(rescuer.wait(for: .seconds(60)))
    looking.detached.wait()
    #expect(try blocked.getResult() == 1)
    executor.shutdown()
  }

  @Test func `A shutdown waits for tasklets that are held back`() throws {
    let executor = small()
    let promise = Promise<Int>()
    let blocked = Future(on: executor) { try blockingly(promise.future) }
    spin { executor.statistics().blockedThreads == 1 }
    let held = (0..<20).map { index in Future(on: executor) { index } }
    executor.shutdown()
    #expect(try held.map { try $0.getResult() } == Array(0..<20))
    #expect(blocked.getException() is ExecutorShutDown)
    promise.succeed(1)
  }

  @Test func `A thread outside blocks as long as it likes`() throws {
    let executor = small()
    let gate = Promise<Int>()
    let tasklet = Future(on: executor) { try await gate.future.value }
    let thread = PlainThread { #expect((try? tasklet.getResult()) == 3) }
    gate.succeed(3)
    thread.join()
    executor.shutdown()
  }
}

private func block(_ future: Future<Int>) { future.wait() }
private func blockForAll(_ futures: [Future<Int>]) { Future.waitAll(futures) }
private func look(_ future: Future<Int>, within limit: Duration) -> Bool {
  future.wait(for: limit)
}

private func flush(_ batcher: Batcher<Int, Int>) { batcher.flush() }

private func blockingly<Value>(_ future: Future<Value>) throws -> Value { try future.getResult() }

private func blockingly<Value>(_ future: Future<Value>, within limit: Duration) throws -> Value {
  try future.getResult(within: limit)
}

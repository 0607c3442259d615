// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// Loads from code that runs on no executor.
@Suite struct BatcherThreadsTests {
  @Test func `A key from outside leaves after maxDelay, not before`() throws {
    let manual = ManualExecutor()
    let (batcher, calls) = BatcherTests.doubling(
      manual.executor, .init(maxDelay: .microseconds(100)))
    let first = batcher.load(1)
    manual.advance(by: .microseconds(60))
    let second = batcher.load(2)
    manual.advance(by: .microseconds(39))
    #expect(calls.all.isEmpty)
    manual.advance(by: .microseconds(1))
    #expect(calls.all == [[1, 2]])
    #expect(try first.getResult() == 2)
    #expect(try second.getResult() == 4)
    #expect(batcher.statistics().reasons == [.maxDelay: 1])
    // The next key has its own delay.
    let third = batcher.load(3)
    manual.advance(by: .microseconds(99))
    #expect(!third.done())
    manual.advance(by: .microseconds(1))
    #expect(third.done())
    #expect(manual.executor.statistics().timers == 0)
  }

  @Test func `A batch that leaves early removes its timer`() {
    let manual = ManualExecutor()
    let (batcher, _) = BatcherTests.doubling(
      manual.executor, .init(maxBatchSize: 2, maxDelay: .seconds(10)))
    _ = batcher.load(1)
    #expect(manual.executor.statistics().timers == 1)
    _ = batcher.load(2)
    #expect(manual.executor.statistics().timers == 0)
    manual.run()
  }

  @Test func `A blocked thread sends its batch at once`() throws {
    let (batcher, calls) = BatcherTests.doubling(nil, .init(maxDelay: .seconds(1_000_000)))
    let value = try onThread {
      let futures = batcher.load(contentsOf: [1, 2, 3])
      #expect(calls.all.isEmpty)
      return try futures[1].getResult()
    }
    #expect(value == 4)
    #expect(calls.all == [[1, 2, 3]])
    #expect(batcher.statistics().reasons == [.blockedThread: 1])
  }

  @Test func `A thread blocked in waitAll or waitAny sends every batch it waits for`() throws {
    let (a, aCalls) = BatcherTests.doubling(nil, .init(maxDelay: .seconds(1_000_000)))
    let (b, bCalls) = BatcherTests.doubling(nil, .init(maxDelay: .seconds(1_000_000)))
    try onThread { Future.waitAll([a.load(1), b.load(2), a.load(3)]) }
    #expect(aCalls.all == [[1, 3]])
    #expect(bCalls.all == [[2]])
    #expect(try onThread { Future.waitAny([a.load(5), b.load(6)]) } != nil)
    spin { aCalls.count == 2 && bCalls.count == 2 }
  }

  @Test func `A thread blocked with a limit sends its batch too`() throws {
    let (batcher, _) = BatcherTests.doubling(nil, .init(maxDelay: .seconds(1_000_000)))
    #expect(try onThread { batcher.load(1).wait(for: .seconds(1_000_000)) })
    #expect(batcher.statistics().reasons == [.blockedThread: 1])
  }

  @Test func `A thread that blocks for a batch already under way does not hang`() throws {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 1)) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    let future = batcher.load(1)
    let thread = PlainThread { future.wait() }
    spin { future.hasWaiters }
    gate.succeed()
    thread.join()
    #expect(try future.getResult() == 1)
  }

  @Test func `A tasklet that blocks for its key gets it, even on one thread`() throws {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1))
    let (batcher, _) = BatcherTests.doubling(executor, .init(maxDelay: .seconds(1_000_000)))
    let futures = (0..<20).map { key in
      Future(on: executor) { try blockingly(batcher.load(key)) }
    }
    let values = try futures.map { try $0.detached.getResult() }
    #expect(values == (0..<20).map { $0 * 2 })
    executor.shutdown()
  }

  @Test func `64 plain threads that load at once all get their own value`() {
    let calls = Log<Int>()
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 50)) { (keys: [Int]) in
      calls.append(keys.count)
      return Dictionary(uniqueKeysWithValues: keys.map { ($0, -$0) })
    }
    let wrong = Counter()
    onThreads(64) { thread in
      let keys = (0..<20).map { thread * 10 + $0 }
      let futures = batcher.load(contentsOf: keys)
      for (key, future) in zip(keys, futures) where (try? future.getResult()) != -key {
        wrong.raise()
      }
    }
    #expect(wrong.value == 0)
    let statistics = batcher.statistics()
    #expect(statistics.loads == 64 * 20)
    #expect(calls.all.reduce(0, +) == statistics.keysSent)
    #expect(calls.all.allSatisfy { $0 <= 50 })
    #expect(statistics.batches == calls.count)
  }

  @Test func `Loads made by threads, tasks and tasklets at once all end`() async {
    let (batcher, _) = BatcherTests.doubling(
      nil, .init(maxBatchSize: 7, maxConcurrentBatches: 2))
    let wrong = Counter()
    let threads = (0..<8).map { thread in
      PlainThread {
        for key in 0..<50 where (try? batcher.load(key, lane: thread % 3).getResult()) != key * 2 {
          wrong.raise()
        }
      }
    }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for key in 0..<50 where (try? await batcher.load(key).value) != key * 2 { wrong.raise() }
        }
      }
    }
    let tasklets = (0..<50).map { key in
      Future { if try await batcher.load(key, lane: key % 3).value != key * 2 { wrong.raise() } }
    }
    await Future.waitAll(tasklets)
    for thread in threads { thread.join() }
    #expect(wrong.value == 0)
  }

  @Test func `A blocking flush ends when everything was sent`() {
    let (batcher, calls) = BatcherTests.doubling(nil, .init(maxDelay: .seconds(1_000_000)))
    let futures = [batcher.load(1), batcher.load(2, lane: "x")]
    batcher.flush()
    #expect(futures.allSatisfy { $0.done() })
    #expect(calls.count == 2)
    batcher.flush()
    #expect(calls.count == 2)
  }
}

private func blockingly<Value>(_ future: Future<Value>) throws -> Value { try future.getResult() }

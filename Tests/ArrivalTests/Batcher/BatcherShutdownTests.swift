// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// Operations that never end, and executors that shut down.
@Suite struct BatcherShutdownTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()
  /// The operation waits for this even if it is cancelled.
  let never = Promise<Void>()

  private func stuck(
    _ configuration: BatcherConfiguration, conflicts: BatcherConflicts<Int>? = nil
  ) -> Batcher<Int, Int> {
    Batcher("stuck", configuration: configuration, on: manual.executor, conflicts: conflicts) {
      [calls, never] (keys: [Int]) in
      calls.append(keys)
      await never.future.wait()
      return keys
    }
  }

  @Test func `Time limits hold even if the operation never returns, cancelled or not`()
    throws
  {
    let batcher = stuck(.init(maxBatchSize: 1, maxConcurrentBatches: 1))
    let underWay = batcher.load(1, within: .milliseconds(5))
    let queued = batcher.load(2, within: .milliseconds(7))
    let patient = batcher.load(3)
    manual.advance(by: .milliseconds(6))
    #expect(underWay.getException() is TimeoutError && !queued.done())
    manual.advance(by: .milliseconds(1))
    #expect(queued.getException() is TimeoutError && !patient.done())
    // Its turn is over only when it has ended, which keeps the limit of calls under way.
    #expect(calls.all == [[1]])
    #expect(batcher.statistics().batchesUnderWay == 1)
    never.succeed()
    manual.run()
    #expect(try patient.getResult() == 3)
    #expect(calls.all == [[1], [3]])
    #expect(underWay.getException() is TimeoutError)
    #expect(manual.executor.statistics().timers == 0)
  }

  @Test func `Every queued load fails when the executor shuts down`() throws {
    let batcher = stuck(
      .init(maxBatchSize: 2, maxConcurrentBatches: 1, maxQueued: 4, deduplicates: false),
      conflicts: .by { $0 % 10 })
    // Loads that are under way, held, in a full batch that waits for its turn, and in an open
    // batch.
    let futures = batcher.load(contentsOf: [1, 2, 11, 3, 4, 5])
    let room = Future { try await batcher.loadWhenReady(6).value }
    #expect(batcher.load(7).getException() is BatcherOverloaded)
    manual.run()
    let statistics = batcher.statistics()
    #expect(calls.all == [[1, 2]])
    #expect(statistics.queued == 4 && statistics.held == 1 && statistics.waitingBatches == 1)
    manual.executor.shutdown()
    manual.run()
    #expect(futures.allSatisfy { $0.getException() is ExecutorShutDown })
    // A load that waited for room gets it, and fails then.
    spin {
      manual.advance(by: .milliseconds(1))
      return room.done()
    }
    #expect(room.getException() is ExecutorShutDown)
    #expect(calls.all == [[1, 2]])
    #expect(batcher.statistics().queued == 0)
    batcher.flush()
    never.succeed()
    manual.run()
    #expect(batcher.statistics().batchesUnderWay == 0)
  }

  @Test func `A queue behind an operation that ignores its cancellation fails at a shutdown too`() {
    let batcher = stuck(.init(maxBatchSize: 1, maxConcurrentBatches: 1))
    let futures = batcher.load(contentsOf: 1...3)
    manual.run()
    futures[0].cancel()
    manual.run()
    #expect(batcher.statistics().batchesUnderWay == 1 && !futures[1].done())
    manual.executor.shutdown()
    manual.run()
    #expect(futures[0].isCancelled)
    #expect(futures.dropFirst().allSatisfy { $0.getException() is ExecutorShutDown })
    never.succeed()
    manual.run()
    #expect(calls.all == [[1]])
  }

  @Test func `Threads that block for queued keys wake up when the executor shuts down`() async {
    let executor = TaskletExecutor("short", configuration: .init(threads: 1))
    let batcher = Batcher<Int, Int>(
      configuration: .init(
        maxBatchSize: 1, maxDelay: .seconds(1_000_000), maxConcurrentBatches: 1), on: executor
    ) { [calls, never] (keys: [Int]) in
      calls.append(keys)
      await never.future.wait()
      return keys
    }
    let futures = batcher.load(contentsOf: 0..<10)
    let ends = Log<(any Error)?>()
    let threads = futures.map { future in PlainThread { ends.append(future.getException()) } }
    await yield { calls.count == 1 && futures.allSatisfy(\.hasWaiters) }
    await executor.shutdown()
    for thread in threads { thread.join() }
    #expect(ends.all.allSatisfy { $0 is ExecutorShutDown })
    #expect(calls.count == 1)
    never.succeed()
  }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Arrival

/// Many threads at once. `ARRIVAL_STRESS=1` makes each of 64 threads load 100,000 times.
@Suite struct BatcherStressTests {
  private static let isFull = ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] == "1"
  private static let loads = isFull ? 100_000 : 500

  @Test(arguments: [false, true])
  func `64 threads load, cancel and clear, and every future ends exactly once`(caches: Bool) {
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 100, maxConcurrentBatches: 4, maxQueued: 50_000),
      cache: caches ? .lru(100) : .none
    ) { (keys: [Int]) -> [Result<Int, any Error>] in
      if keys.count % 7 == 0 { await Task.yield() }
      if keys.count % 31 == 0 { throw Oops(-1) }
      return keys.map { $0 % 50 == 49 ? .failure(Oops($0)) : .success($0 * 2) }
    }
    let ends = Counter()
    let wrong = Counter()
    onThreads(64) { thread in
      var generator = SeededGenerator(seed: UInt64(thread))
      var last: [Future<Int>] = []
      for _ in 0..<Self.loads {
        let key = Int.random(in: 0..<400, using: &generator)
        let future =
          key % 5 == 0 && !caches ? batcher.load(key, lane: thread % 3) : batcher.load(key)
        future.onCompletion { result in
          ends.raise()
          switch result {
          case .success(let value): if value != key * 2 { wrong.raise() }
          case .failure(let oops as Oops):
            if oops.number != -1, oops.number != key { wrong.raise() }
          case .failure(let error):
            if !(error is CancellationError || error is BatcherOverloaded) { wrong.raise() }
          }
        }
        last.append(future)
        switch Int.random(in: 0..<40, using: &generator) {
        case 0...3: last.randomElement(using: &generator)?.cancel()
        case 4: batcher.clear(key)
        case 5: batcher.clearAll()
        case 6: batcher.prime(key, key * 2)
        case 7: future.wait()
        default: break
        }
        if last.count > 64 { last.removeAll() }
      }
    }
    batcher.flush()
    spin { ends.value == 64 * Self.loads }
    #expect(wrong.value == 0)
    let statistics = batcher.statistics()
    #expect(statistics.loads == 64 * Self.loads)
    #expect(statistics.queued == 0)
    #expect(statistics.batches == statistics.batchSizes.values.reduce(0, +))
  }

  @Test func `32 threads write, and each counter ends at the number of its increments`() throws {
    let rounds = Self.isFull ? 20_000 : 200
    let counters = Log<Int>()
    let batcher = Batcher<[Int], Void>(
      configuration: .init(maxBatchSize: 50, deduplicates: false), conflicts: .by { $0[0] }
    ) { (increments: [[Int]]) in
      for increment in increments { counters.append(increment[0]) }
      return increments.map { _ in }
    }
    onThreads(32) { thread in
      let futures = (0..<rounds).map { batcher.load([($0 + thread) % 100, thread]) }
      if thread % 4 == 0 { Future.waitAll(futures) }
    }
    batcher.flush()
    #expect(counters.count == 32 * rounds)
    #expect(batcher.statistics().keysSent == 32 * rounds)
  }

  @Test func `Many tasks that wait for room all get it`() async throws {
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 5, maxConcurrentBatches: 2, maxQueued: 10)
    ) { (keys: [Int]) in
      await Task.yield()
      return keys
    }
    let tasklets = (0..<1_000).map { key in
      Future {
        let future = try await batcher.loadWhenReady(key)
        return try await future.value
      }
    }
    for (key, tasklet) in tasklets.enumerated() where key % 10 == 0 { tasklet.cancel() }
    await Future.waitAll(tasklets)
    for (key, tasklet) in tasklets.enumerated() where !tasklet.isCancelled {
      #expect(try await tasklet.value == key)
    }
    await batcher.flush()
    #expect(batcher.statistics().queued == 0)
    #expect(batcher.statistics().refused == 0)
  }
}

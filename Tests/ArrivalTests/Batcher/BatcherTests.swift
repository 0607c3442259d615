// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// When batches leave, on the manual executor.
@Suite struct BatcherTests {
  /// A batcher that doubles its keys, and the calls it made.
  static func doubling(
    _ executor: TaskletExecutor? = nil, _ configuration: BatcherConfiguration = .default
  ) -> (Batcher<Int, Int>, Log<[Int]>) {
    let calls = Log<[Int]>()
    let batcher = Batcher<Int, Int>("doubling", configuration: configuration, on: executor) {
      (keys: [Int]) in
      calls.append(keys)
      return keys.map { $0 * 2 }
    }
    return (batcher, calls)
  }

  @Test func `Nothing leaves before quiescence`() throws {
    let manual = ManualExecutor()
    let (batcher, calls) = Self.doubling()
    let futures = (0..<10).map { key in
      Future(on: manual.executor) {
        await Task.yield()
        return try await batcher.load(key).value
      }
    }
    for _ in 0..<20 {
      #expect(manual.runOnce())
      #expect(calls.all.isEmpty)
    }
    manual.run()
    #expect(calls.all == [Array(0..<10)])
    #expect(try futures.map { try $0.getResult() } == (0..<10).map { $0 * 2 })
    #expect(batcher.statistics().reasons == [.quiescence: 1])
    #expect(manual.now == .zero)
  }

  @Test func `Work that is ready or due contributes to the batch before it leaves`() {
    let manual = ManualExecutor()
    let (batcher, calls) = Self.doubling()
    let arrived = Promise<Int>()
    _ = Future(on: manual.executor) { try await batcher.load(1).value }
    _ = Future(on: manual.executor) { try await batcher.load(arrived.future.value).value }
    _ = Future(on: manual.executor) {
      try await Future.sleep(for: .zero).value
      return try await batcher.load(3).value
    }
    _ = Future(on: manual.executor) { _ = arrived.succeed(2) }
    manual.run()
    #expect(calls.all.map { $0.sorted() } == [[1, 2, 3]])
  }

  @Test func `2,001 keys with a limit of 1,000 leave as 1,000, 1,000 and 1`() throws {
    let manual = ManualExecutor()
    let (batcher, calls) = Self.doubling(nil, .init(maxBatchSize: 1_000))
    let all = Future(on: manual.executor) {
      let futures = batcher.load(contentsOf: 0..<2_001)
      await Future.waitAll(futures)
      return try futures.map { try $0.getResult() }
    }
    manual.run()
    #expect(try all.getResult() == (0..<2_001).map { $0 * 2 })
    #expect(calls.all.map(\.count) == [1_000, 1_000, 1])
    #expect(calls.all.flatMap { $0 } == Array(0..<2_001))
    #expect(batcher.statistics().reasons == [.full: 2, .quiescence: 1])
    #expect(batcher.statistics().batchSizes == [1_000: 2, 1: 1])
  }

  @Test func `Three loads of two keys make one call with two keys and three results`() throws {
    let manual = ManualExecutor()
    let (batcher, calls) = Self.doubling()
    let all = Future(on: manual.executor) {
      let futures = [batcher.load(7), batcher.load(8), batcher.load(7)]
      #expect(futures[0] !== futures[2])
      await Future.waitAll(futures)
      return try futures.map { try $0.getResult() }
    }
    manual.run()
    #expect(try all.getResult() == [14, 16, 14])
    #expect(calls.all == [[7, 8]])
    let statistics = batcher.statistics()
    #expect(statistics.loads == 3)
    #expect(statistics.keysSent == 2)
    #expect(statistics.batches == 1)
  }

  @Test func `A reply by key reaches every future of a key`() throws {
    let manual = ManualExecutor()
    let batcher = Batcher<String, Int> { (keys: [String]) in
      Dictionary(uniqueKeysWithValues: keys.map { ($0, $0.count) })
    }
    let all = Future(on: manual.executor) {
      let futures = ["a", "bb", "a", "ccc", "bb", "a"].map { batcher.load($0) }
      await Future.waitAll(futures)
      return try futures.map { try $0.getResult() }
    }
    manual.run()
    #expect(try all.getResult() == [1, 2, 1, 3, 2, 1])
    #expect(batcher.statistics().batchSizes == [3: 1])
  }

  @Test func `Without deduplication every element leaves, in order`() throws {
    let manual = ManualExecutor()
    let calls = Log<[Int]>()
    let batcher = Batcher<Int, Int>(configuration: .init(deduplicates: false)) { (keys: [Int]) in
      calls.append(keys)
      return Array(keys.indices)
    }
    let all = Future(on: manual.executor) {
      let futures = [5, 6, 5, 5, 7].map { batcher.load($0) }
      await Future.waitAll(futures)
      return try futures.map { try $0.getResult() }
    }
    manual.run()
    #expect(calls.all == [[5, 6, 5, 5, 7]])
    #expect(try all.getResult() == [0, 1, 2, 3, 4])
  }

  @Test func `Lanes never mix and leave in the order they were opened`() {
    let manual = ManualExecutor()
    let (batcher, calls) = Self.doubling()
    let all = Future(on: manual.executor) {
      let futures = [
        batcher.load(1, lane: "b"), batcher.load(2), batcher.load(3, lane: "a"),
        batcher.load(4, lane: "b"), batcher.load(1, lane: 7), batcher.load(5),
        batcher.load(6, lane: "a"),
      ]
      await Future.waitAll(futures)
    }
    manual.run()
    #expect(all.done())
    #expect(calls.all == [[1, 4], [2, 5], [3, 6], [1]])
  }

  @Test func `A lane that is full leaves alone and at once`() {
    let manual = ManualExecutor()
    let (batcher, _) = Self.doubling(nil, .init(maxBatchSize: 2))
    _ = Future(on: manual.executor) {
      _ = [batcher.load(1, lane: "a"), batcher.load(2, lane: "b"), batcher.load(3, lane: "b")]
      #expect(batcher.statistics().batches == 1)
      #expect(batcher.statistics().reasons == [.full: 1])
    }
    manual.run()
    #expect(batcher.statistics().batches == 2)
  }

  @Test func `Loads made inside the operation leave in their own batch`() throws {
    let manual = ManualExecutor()
    let (inner, innerCalls) = Self.doubling()
    let outer = Batcher<Int, Int> { (keys: [Int]) in
      _ = try await Future { try await inner.load(keys[0]).value }.value
      let futures = inner.load(contentsOf: keys)
      await Future.waitAll(futures)
      return try futures.map { try $0.getResult() + 1 }
    }
    let all = Future(on: manual.executor) {
      let futures = outer.load(contentsOf: 1...3)
      await Future.waitAll(futures)
      return try futures.map { try $0.getResult() }
    }
    manual.run()
    #expect(try all.getResult() == [3, 5, 7])
    #expect(innerCalls.all == [[1], [1, 2, 3]])
  }

  @Test func `A batcher may load from itself inside its operation`() throws {
    let manual = ManualExecutor()
    let own = Weak<Batcher<Int, Int>>()
    let batcher = Batcher<Int, Int> { (keys: [Int]) in
      if keys.contains(0) { return keys.map { _ in 1 } }
      let below = try await own.object!.load(keys.max()! - 1).value
      return keys.map { _ in below + 1 }
    }
    own.object = batcher
    let future = Future(on: manual.executor) { try await batcher.load(20).value }
    manual.run()
    #expect(try future.getResult() == 21)
    #expect(batcher.statistics().batches == 21)
  }

  @Test func `flush sends what is queued and waits until it has ended`() {
    let manual = ManualExecutor()
    let (batcher, calls) = Self.doubling(manual.executor)
    let early = batcher.load(1)
    let flush = Future(on: manual.executor) { await batcher.flush() }
    manual.runOnceMore()
    #expect(batcher.statistics().reasons == [.flush: 1])
    manual.run()
    #expect(flush.done())
    #expect(early.done())
    #expect(calls.all == [[1]])
    #expect(manual.now == .zero)
  }
}

extension ManualExecutor {
  func runOnceMore() { _ = runOnce() }
}

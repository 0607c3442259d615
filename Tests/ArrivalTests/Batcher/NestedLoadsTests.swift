// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// Operations that load from other batchers.
@Suite struct NestedLoadsTests {
  /// A batcher whose operation answers by loading the next key below, in `below`.
  private static func over(
    _ below: Batcher<Int, Int>, _ calls: Log<[Int]>,
    _ configuration: BatcherConfiguration = .default
  ) -> Batcher<Int, Int> {
    Batcher("over", configuration: configuration) { (keys: [Int]) in
      calls.append(keys)
      let futures = below.load(contentsOf: keys.map { $0 + 1 })
      return try await Future.all(futures).value
    }
  }

  @Test(arguments: [nil, 1, 2, 3])
  func `Five levels of loads make five calls, and no time passes`(seed: UInt64?) throws {
    let manual = ManualExecutor(seed: seed)
    var (batcher, lowest) = BatcherTests.doubling()
    var calls = [lowest]
    for _ in 0..<4 {
      calls.insert(Log(), at: 0)
      batcher = Self.over(batcher, calls[0])
    }
    let top = batcher
    // Each operation takes a while in between, so that their loads come at different times.
    let tasklets = (0..<100).map { key in
      Future(on: manual.executor) {
        for _ in 0..<key % 7 { await Task.yield() }
        return try await top.load(key).value
      }
    }
    manual.run()
    #expect(try tasklets.map { try $0.getResult() } == (0..<100).map { ($0 + 4) * 2 })
    #expect(calls.map(\.count) == [1, 1, 1, 1, 1])
    for (level, calls) in calls.enumerated() {
      #expect(calls.all.first?.sorted() == (0..<100).map { $0 + level })
    }
    #expect(manual.now == .zero)
    #expect(batcher.statistics().reasons == [.quiescence: 1])
  }

  @Test func `A batcher used inside the operations of two others makes one call for both`() throws {
    let manual = ManualExecutor()
    let (shared, calls) = BatcherTests.doubling()
    let (left, right) = (Log<[Int]>(), Log<[Int]>())
    let batchers = [Self.over(shared, left), Self.over(shared, right)]
    let all = Future(on: manual.executor) {
      try await Future.all(batchers[0].load(contentsOf: [1, 2]) + [batchers[1].load(2)]).value
    }
    manual.run()
    #expect(try all.getResult() == [4, 6, 6])
    #expect(left.all == [[1, 2]] && right.all == [[2]])
    #expect(calls.all == [[2, 3]])
    #expect(shared.statistics().coalesced == 1)
    #expect(manual.now == .zero)
  }

  @Test func `Two operations share a call even if one of them takes longer`() throws {
    let manual = ManualExecutor(seed: 7)
    let (shared, calls) = BatcherTests.doubling()
    // The right side has one level more between it and the shared one.
    let left = Self.over(shared, Log())
    let right = Batcher<Int, Int>("right") { (keys: [Int]) in
      for _ in 0..<20 { await Task.yield() }
      return try await Future.all(shared.load(contentsOf: keys)).value
    }
    let all = Future(on: manual.executor) {
      try await Future.all([left.load(1), right.load(10)]).value
    }
    manual.run()
    #expect(try all.getResult() == [4, 20])
    #expect(calls.all.map { $0.sorted() } == [[2, 10]])
  }
}

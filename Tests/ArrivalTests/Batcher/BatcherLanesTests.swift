// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Keys of different lanes never share a call.
@Suite struct BatcherLanesTests {
  @Test func `Each lane has its own limit of calls under way`() {
    let manual = ManualExecutor()
    let calls = Log<[Int]>()
    let gates = (0..<9).map { _ in Promise<Void>() }
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatchesPerLane: 1), on: manual.executor
    ) { (keys: [Int]) in
      calls.append(keys)
      await gates[keys[0]].future.wait()
      return keys
    }
    for (key, lane) in [(0, "a"), (1, "a"), (2, "b"), (3, "a"), (4, "b")] {
      _ = batcher.load(key, lane: lane)
    }
    manual.run()
    #expect(calls.all == [[0], [2]])
    gates[2].succeed()
    manual.run()
    #expect(calls.all == [[0], [2], [4]])
    gates[0].succeed()
    manual.run()
    #expect(calls.all == [[0], [2], [4], [1]])
  }

  @Test func `A lane that always has more to send delays no other lane`() {
    let manual = ManualExecutor()
    let calls = Log<[Int]>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatches: 1), on: manual.executor
    ) { (keys: [Int]) in
      calls.append(keys)
      return keys
    }
    for key in 0..<6 { _ = batcher.load(key, lane: "busy") }
    for key in 10..<12 { _ = batcher.load(key, lane: "quiet") }
    manual.run()
    #expect(calls.all.flatMap { $0 } == [0, 1, 10, 2, 11, 3, 4, 5])
  }

  /// A batcher whose values are the batches that its keys were in.
  private func numbering(_ manual: ManualExecutor) -> Batcher<Int, Int> {
    Batcher("numbering", on: manual.executor) { (keys: [Int]) in
      keys.map { _ in BatchCall.current?.id.number ?? 0 }
    }
  }

  enum Tier: Hashable { case one }

  @Test func `Values of different types are different lanes, even if they are equal otherwise`()
    throws
  {
    let manual = ManualExecutor()
    let batcher = numbering(manual)
    let lanes: [any Hashable & Sendable] = [
      1, Int8(1), 1.0, UInt64(1), Float(1), "1", Character("1"), Substring("1"), [1], [1.0],
      [Int8(1)], Set([1]), Set([1.0]), [1: 1], [1: 1.0], Tier.one, true,
    ]
    let futures = (lanes + lanes).enumerated().map { batcher.load($0, lane: $1) }
    manual.advance(by: .seconds(1))
    let batches = try futures.map { try $0.getResult() }
    #expect(Set(batches).count == lanes.count)
    #expect(batches.prefix(lanes.count) == batches.suffix(lanes.count))
  }

  @Test func `The operation sees a lane only as a value of its own type`() throws {
    let manual = ManualExecutor()
    let batcher = Batcher<Int, String>(on: manual.executor) { (keys: [Int]) in
      let call = BatchCall.current
      let seen = [
        call?.lane(as: Int.self) as Any?, call?.lane(as: Int8.self), call?.lane(as: Double.self),
      ]
      return keys.map { _ in seen.map { $0 == nil ? "-" : "x" }.joined() }
    }
    let futures = [
      batcher.load(1, lane: 1), batcher.load(2, lane: Int8(1)), batcher.load(3, lane: 1.0),
    ]
    manual.advance(by: .seconds(1))
    #expect(try futures.map { try $0.getResult() } == ["x--", "-x-", "--x"])
  }

  @Test func `A lane of nil is no lane, and an optional is the lane of what is in it`() throws {
    let manual = ManualExecutor()
    let batcher = numbering(manual)
    let nested: Int?? = .some(.none)
    let hidden: any Hashable & Sendable = Int?.none
    let deep: any Hashable & Sendable = Int???.some(.some(.none))
    let none = [
      batcher.load(1), batcher.load(2, lane: nil), batcher.load(3, lane: nil as String?),
      batcher.load(4, lane: nested), batcher.load(5, lane: hidden), batcher.load(6, lane: deep),
    ]
    let wrapped: any Hashable & Sendable = Int??.some(.some(7))
    let seven = [
      batcher.load(7, lane: 7), batcher.load(8, lane: 7 as Int?), batcher.load(9, lane: wrapped),
    ]
    manual.advance(by: .seconds(1))
    #expect(Set(try none.map { try $0.getResult() }).count == 1)
    #expect(Set(try seven.map { try $0.getResult() }).count == 1)
  }

  @Test func `A load with a lane of nil uses the cache`() throws {
    let manual = ManualExecutor()
    let calls = Counter()
    let batcher = Batcher<Int, Int>(on: manual.executor, cache: .lru(10)) { (keys: [Int]) in
      calls.raise()
      return keys
    }
    for _ in 0..<2 {
      _ = batcher.load(1, lane: nil as String?)
      manual.advance(by: .seconds(1))
    }
    #expect(calls.value == 1)
  }

  @Test func `The operation finds the lane of its keys`() {
    let manual = ManualExecutor()
    let lanes = Log<String>()
    let batcher = Batcher<Int, Int>("lanes", on: manual.executor) { (keys: [Int]) in
      let call = BatchCall.current
      #expect(call?.lane(as: Int.self) == nil)
      lanes.append("\(call?.lane(as: String.self) ?? "none") \(call?.id.batcher ?? "") \(keys)")
      return keys
    }
    _ = Future(on: manual.executor) {
      _ = batcher.load(1, lane: "stale")
      _ = batcher.load(2)
    }
    manual.run()
    #expect(lanes.all == ["stale lanes [1]", "none lanes [2]"])
    #expect(BatchCall.current == nil)
  }

  @Test(arguments: 0..<200)
  func `The limiter keeps its limits, keeps the order in each lane and leaves no turn unused`(
    seed: Int
  ) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let limit = [nil, 1, 3][seed % 3]
    let perLane = [nil, 1, 2][seed / 3 % 3]
    var limiter = ConcurrencyLimiter<Int>(limit: limit, limitPerLane: perLane)
    let lanes = [nil, Lane.of(1), Lane.of(2)]
    var underWay: [(batch: Int, lane: Int)] = []
    var waiting: [[Int]] = [[], [], []]
    var next = 0
    for _ in 0..<300 {
      if Bool.random(using: &generator) || underWay.isEmpty {
        let lane = Int.random(in: 0..<3, using: &generator)
        if limiter.enter(next, lanes[lane]) {
          #expect(waiting[lane].isEmpty)
          underWay.append((next, lane))
        } else {
          waiting[lane].append(next)
        }
        next += 1
      } else {
        let ended = underWay.remove(at: Int.random(in: underWay.indices, using: &generator))
        if let batch = limiter.ended(lanes[ended.lane]) {
          let lane = waiting.firstIndex { $0.first == batch }
          #expect(lane != nil)
          if let lane {
            waiting[lane].removeFirst()
            underWay.append((batch, lane))
          }
        }
      }
      let counts = (0..<3).map { lane in underWay.count { $0.lane == lane } }
      #expect(underWay.count <= limit ?? .max)
      #expect(counts.allSatisfy { $0 <= perLane ?? .max })
      // No batch waits without a reason.
      if underWay.count < limit ?? .max {
        for lane in 0..<3 where counts[lane] < perLane ?? .max { #expect(waiting[lane].isEmpty) }
      }
      #expect(limiter.waiting == waiting.map(\.count).reduce(0, +))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Statistics, and what instruments are told.
@Suite struct BatcherStatisticsTests {
  let manual = ManualExecutor()

  @Test func `A distribution is exact in count, sum and extremes, and right to a factor of two`() {
    var distribution = Distribution()
    #expect(distribution.quantile(0.5) == 0 && distribution.mean == 0)
    for value in [0, 1, 2, 3, 4, 1_000] as [UInt64] { distribution.add(value) }
    #expect(distribution.count == 6)
    #expect(distribution.sum == 1_010)
    #expect(distribution.min == 0 && distribution.max == 1_000)
    #expect(distribution.buckets == [1, 1, 2, 1, 0, 0, 0, 0, 0, 0, 1])
    #expect(distribution.quantile(0) == 0)
    #expect(distribution.quantile(0.5) == 3)
    #expect(distribution.quantile(1) == 1_000)
    distribution.add(.max)
    #expect(distribution.sum == .max && distribution.quantile(1) == .max)
  }

  @Test func `Queue times and call times are measured by the executor's clock`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxDelay: .milliseconds(2)), on: manual.executor
    ) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    manual.advance(by: .milliseconds(1))
    _ = batcher.load(1)
    manual.advance(by: .milliseconds(5))
    #expect(batcher.statistics().batchesUnderWay == 1)
    gate.succeed()
    manual.run()
    let statistics = batcher.statistics()
    #expect(statistics.queueTimes.sum == 2_000_000)
    #expect(statistics.callTimes.sum == 3_000_000)
    #expect(statistics.batchesUnderWay == 0)
  }

  @Test func `Loads, batches and calls that wait are counted`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 2, maxConcurrentBatches: 1), on: manual.executor
    ) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    _ = batcher.load(contentsOf: 0..<7)
    manual.advance(by: .milliseconds(1))
    let statistics = batcher.statistics()
    #expect(statistics.queued == 5)
    #expect(statistics.waitingBatches == 3)
    #expect(statistics.batchesUnderWay == 1)
    gate.succeed()
    manual.run()
    #expect(batcher.statistics().queued == 0 && batcher.statistics().waitingBatches == 0)
  }

  @Test func `The description is a few lines, without what is zero`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 2, maxConcurrentBatches: 1), on: manual.executor
    ) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    #expect("\(batcher.statistics())" == "0 loads")
    _ = batcher.load(contentsOf: [1, 1, 2, 3, 4, 5])
    manual.advance(by: .milliseconds(3))
    #expect(
      "\(batcher.statistics())" == """
        6 loads: 1 coalesced
        2 keys in 1 batch and 1 call; batches left for: full 1
        batches were queued for 0.0 ms on average (at most 0.0 ms)
        now: 3 loads queued, 2 batches waiting, 1 batch under way
        """)
    gate.succeed()
    manual.run()
    #expect(
      "\(batcher.statistics())".hasSuffix(
        ", and under way for 1.0 ms on average (at most 3.0 ms)"))
  }

  @Test func `Loads that end while their batch leaves never make a count negative`() async {
    let batcher = Batcher<Int, Int>("racing") { (keys: [Int]) in keys }
    for _ in 0..<100 {
      let futures = batcher.load(contentsOf: 0..<200)
      // The first is done, so the batch looks for others that are.
      futures[0].cancel()
      async let cancelled: Void = { for future in futures { future.cancel() } }()
      await batcher.flush()
      await cancelled
      #expect(batcher.statistics().coalesced == 0)
    }
    let statistics = batcher.statistics()
    #expect(statistics.queued == 0 && statistics.loads == 20_000)
  }

  @Test func `Each load is counted as a hit, coalesced, sent, refused, dropped or queued`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxConcurrentBatches: 1, maxQueued: 4), on: manual.executor,
      cache: .lru(10)
    ) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    let (first, second, hit) = (batcher.load(1), batcher.load(2), batcher.load(1))
    second.cancel()
    manual.advance(by: .seconds(1))
    for key in 3..<9 { _ = batcher.load(key) }
    first.cancel()
    #expect(batcher.statistics().endedEarly == 1)
    hit.cancel()
    let statistics = batcher.statistics()
    #expect(statistics.loads == 9 && statistics.hits == 1 && statistics.coalesced == 0)
    #expect(statistics.keysSent == 1 && statistics.refused == 2)
    #expect(statistics.dropped == 1 && statistics.endedEarly == 2 && statistics.queued == 4)
  }

  /// Records the events of one batcher. Other batchers run at the same time.
  struct Recorder: Instrument {
    let batcher: String
    let told = Log<String>()
    let sites = Log<SourceSite>()

    func record(_ event: InstrumentEvent) {
      switch event {
      case .keyLoaded(let event) where event.batcher == batcher:
        told.append("\(event.outcome) \(event.batch?.number ?? 0)")
        sites.append(event.site)
      case .batchOpened(let event) where event.id.batcher == batcher:
        told.append("opened \(event.id.number)\(event.hasLane ? " in a lane" : "")")
      case .batchSent(let event) where event.id.batcher == batcher:
        told.append(
          "sent \(event.id.number) \(event.reason) \(event.keys) of \(event.loads)"
            + " weighing \(event.weight ?? -1) after \(event.waited)")
      case .batchEnded(let event) where event.id.batcher == batcher:
        told.append("ended \(event.id.number) \(event.error.map { "\($0)" } ?? "well")")
      default: break
      }
    }
  }

  @Test func `Instruments are told of loads, and of batches that open, leave and end`() {
    let recorder = Recorder(batcher: "told of")
    let registration = Instruments.install(recorder)
    defer { registration.remove() }
    let batcher = Batcher<Int, Int>(
      "told of", configuration: .init(maxBatchSize: 2, maxQueued: 3), on: manual.executor,
      cache: .lru(5)
    ) { (keys: [Int]) in
      if keys.contains(9) { throw Oops(9) }
      return keys
    }
    _ = batcher.load(1)
    _ = batcher.load(1)
    let line = #line - 1
    _ = batcher.load(7, lane: "x")
    _ = batcher.load(8)
    _ = batcher.load(7, lane: "x")
    _ = batcher.load(9)
    _ = batcher.load(10)
    manual.advance(by: .milliseconds(1))
    #expect(
      recorder.told.all == [
        "opened 1", "joined 1", "cached 0", "opened 2 in a lane", "joined 2", "joined 1",
        "sent 1 full 2 of 2 weighing -1 after 0.0 seconds", "coalesced 2", "opened 3", "joined 3",
        "refused 0", "ended 1 well", "sent 2 maxDelay 1 of 2 weighing -1 after 0.0001 seconds",
        "sent 3 maxDelay 1 of 1 weighing -1 after 0.0001 seconds", "ended 2 well",
        "ended 3 Oops(number: 9)",
      ])
    #expect(recorder.sites.all[1].line == line)
    registration.remove()
    let count = recorder.told.count
    _ = batcher.load(20)
    #expect(recorder.told.count == count)
  }
}

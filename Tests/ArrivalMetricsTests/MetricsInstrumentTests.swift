#if Metrics
  import Arrival
  import ArrivalMetrics
  import ArrivalTesting
  import MetricsTestKit
  import Testing

  /// What is recorded of a batcher, an executor and its tasklets. Other tests run at the same time, so each
  /// has names of its own.
  @Suite struct MetricsInstrumentTests {
    let manual = ManualExecutor("metrics")
    let metrics = TestMetrics()

    struct Refused: Error {}

    private func total(_ label: String, _ dimensions: [(String, String)]) -> Int64 {
      metrics.counterTotal(label: label, dimensions: dimensions)
    }

    @Test func `Loads, batches, sizes, times and what is queued`() throws {
      let registration = Arrival.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let its = [("batcher", "measured")]
      let gate = Promise<Void>()
      let batcher = Batcher<Int, Int>(
        "measured", configuration: .init(maxBatchSize: 2, maxDelay: .milliseconds(2), maxQueued: 3),
        on: manual.executor, cache: .lru(10)
      ) { (keys: [Int]) in
        try await gate.future.value
        if keys.contains(9) { throw Refused() }
        return keys
      }
      _ = batcher.load(1)
      _ = batcher.load(1)
      _ = batcher.load(2)
      _ = batcher.load(7, lane: "x")
      _ = batcher.load(7, lane: "x")
      _ = batcher.load(9)
      #expect(batcher.load(10).getException() is BatcherOverloaded)
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 3)
      #expect(try metrics.expectMeter("arrival_batches_under_way", its).lastValue == 1)
      manual.advance(by: .milliseconds(3))
      #expect(try metrics.expectMeter("arrival_batches_under_way", its).lastValue == 3)
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 0)
      gate.succeed()
      manual.run()
      let outcomes = ["joined", "coalesced", "cached", "refused", "held", "dropped"].map {
        total("arrival_loads", its + [("outcome", $0)])
      }
      #expect(outcomes == [4, 1, 1, 1, 0, 0])
      let statistics = batcher.statistics()
      #expect(total("arrival_keys_sent", its) == Int64(statistics.keysSent))
      for (reason, count) in statistics.reasons {
        #expect(total("arrival_batches", its + [("reason", "\(reason)")]) == Int64(count))
      }
      #expect(try metrics.expectMeter("arrival_batches_under_way", its).lastValue == 0)
      let sizes = try metrics.expectRecorder("arrival_batch_keys", its).values
      #expect(sizes.reduce(0, +) == Double(statistics.keysSent))
      #expect(
        try metrics.expectTimer("arrival_batch_wait", its).values.max() == 2_000_000)
      #expect(try metrics.expectTimer("arrival_batch_duration", its).values.count == sizes.count)
      #expect(total("arrival_batches_failed", its) == 1)
    }

    @Test func `A load that is held is counted in once and out once, sent or not`() throws {
      let registration = Arrival.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let its = [("batcher", "holding")]
      let batcher = Batcher<Int, Int>(
        "holding", configuration: .init(deduplicates: false), on: manual.executor,
        conflicts: .by { _ in 0 }
      ) { (keys: [Int]) in keys }
      let futures = batcher.load(contentsOf: 1...3)
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 3)
      futures[2].cancel()
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 2)
      manual.advance(by: .milliseconds(1))
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 0)
      #expect(total("arrival_loads", its + [("outcome", "held")]) == 2)
      #expect(total("arrival_loads", its + [("outcome", "dropped")]) == 1)
      #expect(total("arrival_loads", its + [("outcome", "joined")]) == 2)
      // All cancelled before it leaves: it is dropped, and so is what was queued.
      batcher.load(4).cancel()
      manual.advance(by: .milliseconds(1))
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 0)
      #expect(total("arrival_batches_dropped", its) == 1)
    }

    @Test func `Tasklets by their ends`() throws {
      let manual = ManualExecutor("metrics of tasklets")
      let registration = Arrival.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let its = [("executor", "metrics of tasklets")]
      let never = Promise<Void>()
      let futures = [
        Future(on: manual.executor) {
          try await Future.sleep(for: .seconds(1), on: manual.executor).value
        },
        Future(on: manual.executor) { throw Refused() },
        Future(on: manual.executor) { try await never.future.value },
      ]
      #expect(try metrics.expectMeter("arrival_tasklets_under_way", its).lastValue == 3)
      futures[2].cancel()
      manual.advance(by: .seconds(1))
      #expect(futures[1].getException() is Refused)
      #expect(try metrics.expectMeter("arrival_tasklets_under_way", its).lastValue == 0)
      for (outcome, count) in [("value", 1), ("error", 1), ("cancelled", 1)] {
        #expect(total("arrival_tasklets", its + [("outcome", outcome)]) == Int64(count))
      }
      #expect(
        try metrics.expectTimer("arrival_tasklet_duration", its).values.max() == 1_000_000_000)
    }
  }
#endif

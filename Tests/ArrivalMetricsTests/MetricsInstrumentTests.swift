// SPDX-License-Identifier: Apache-2.0
#if Metrics
  import Arrival
  import ArrivalMetrics
  import ArrivalTesting
  import MetricsTestKit
  import Testing

  /// The metrics of batchers, executors and calls. Other tests run at the same time, so each test
  /// has its own names.
  @Suite struct MetricsInstrumentTests {
    let manual = ManualExecutor("metrics")
    let metrics = TestMetrics()

    struct Refused: Error {}

    private func total(_ label: String, _ dimensions: [(String, String)]) -> Int64 {
      metrics.counterTotal(label: label, dimensions: dimensions)
    }

    @Test func `The metrics of a batcher count its loads, batches, sizes and times`() throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
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

    @Test func `A held load is counted in once and out once, sent or not`() throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
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
      // All its loads are cancelled before it leaves, so it is dropped.
      batcher.load(4).cancel()
      manual.advance(by: .milliseconds(1))
      #expect(try metrics.expectMeter("arrival_loads_queued", its).lastValue == 0)
      #expect(total("arrival_batches_dropped", its) == 1)
    }

    @Test func `Tasklets are counted by their outcome`() throws {
      let manual = ManualExecutor("metrics of tasklets")
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
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

    @Test func `The wait of a tasklet does not include its run`() throws {
      let manual = ManualExecutor("metrics of the queue")
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let its = [("executor", "metrics of the queue")]
      // Both begin at once and take their time.
      let futures = (1...2).map { seconds in
        Future(on: manual.executor) {
          try await Future.sleep(for: .seconds(seconds), on: manual.executor).value
        }
      }
      manual.advance(by: .seconds(2))
      #expect(futures.allSatisfy { $0.done() })
      #expect(try metrics.expectTimer("arrival_tasklet_wait", its).values == [0, 0])
      #expect(
        try metrics.expectTimer("arrival_tasklet_duration", its).values
          == [1_000_000_000, 2_000_000_000])
    }

    @Test func `The weight of a batch is recorded if keys are weighed`() throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>(
        "weighed", configuration: .init(maxBatchWeight: 10), on: manual.executor, weight: { $0 },
        operation: { (keys: [Int]) in keys })
      for key in [4, 5, 7] { _ = batcher.load(key) }
      manual.advance(by: .milliseconds(1))
      let its = [("batcher", "weighed")]
      #expect(try metrics.expectRecorder("arrival_batch_weight", its).values == [9, 7])
      let plain = Batcher<Int, Int>("unweighed", on: manual.executor) { (keys: [Int]) in keys }
      _ = plain.load(1)
      manual.advance(by: .milliseconds(1))
      #expect(
        try metrics.expectRecorder("arrival_batch_weight", [("batcher", "unweighed")]).values == [])
    }

    @Test func `Threads and blocked threads are counted`() async throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let executor = TaskletExecutor(
        "metrics of threads", configuration: .init(threads: 1, keepAlive: .seconds(3_600)))
      let its = [("executor", "metrics of threads")]
      let (threads, blocked) = ("arrival_threads", "arrival_threads_blocked")
      let gate = Promise<Void>()
      func block() { gate.future.wait() }
      let future = Future(on: executor) { block() }
      // A thread that awaits it does not run it.
      await until(blocked, its, is: 1)
      await until(threads, its, is: 1)
      // The next tasklet needs a thread in place of the blocked one.
      try await Future(on: executor) {}.value
      await until(threads, its, is: 2)
      #expect(try metrics.expectMeter(blocked, its).lastValue == 1)
      gate.succeed()
      try await future.value
      await until(blocked, its, is: 0)
      #expect(try metrics.expectMeter(threads, its).lastValue == 2)
      await executor.shutdown()
      await until(threads, its, is: 0)
    }

    /// Threads report what they do some time later.
    private func until(
      _ label: String, _ dimensions: [(String, String)], is value: Double,
      at location: SourceLocation = #_sourceLocation
    ) async {
      let limit = ContinuousClock.now + .seconds(60)
      while (try? metrics.expectMeter(label, dimensions))?.lastValue != value {
        if ContinuousClock.now > limit {
          Issue.record("\(label) did not become \(value)", sourceLocation: location)
          return
        }
        await Task.yield()
      }
    }
  }
#endif

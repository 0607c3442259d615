// SPDX-License-Identifier: Apache-2.0
#if Metrics
  import Arrival
  import ArrivalMetrics
  import ArrivalTesting
  import MetricsTestKit
  import Testing

  /// The metrics of calls to services, of caches and of deadlocks.
  @Suite struct ServiceMetricsTests {
    private let metrics = TestMetrics()

    private struct Refused: Error {}

    private func total(_ label: String, _ dimensions: [(String, String)]) -> Int64 {
      metrics.counterTotal(label: label, dimensions: dimensions)
    }

    @Test func `The metrics of a method count its calls, items and times`() async throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let its = [("service", "store"), ("method", "lookup")]
      func underWay() throws -> Double? {
        try metrics.expectMeter("arrival_rpcs_under_way", its).lastValue
      }
      let reply = try await Instruments.withRPC("store", "lookup", items: 3) {
        #expect(try underWay() == 1)
        return try await Instruments.withRPC("store", "lookup", items: 4) { try underWay() }
      }
      #expect(reply == 2)
      await #expect(throws: Refused.self) {
        try await Instruments.withRPC("store", "lookup", items: 1) { throw Refused() }
      }
      await #expect(throws: CancellationError.self) {
        try await Instruments.withRPC("store", "lookup", items: 0) { throw CancellationError() }
      }
      // Another method has its own metrics.
      await Instruments.withRPC("store", "commit", items: 9) {}
      #expect(try underWay() == 0)
      #expect(try metrics.expectRecorder("arrival_rpc_items", its).values == [3, 4, 1, 0])
      for (outcome, count) in [("value", 2), ("error", 1), ("cancelled", 1)] {
        #expect(total("arrival_rpcs", its + [("outcome", outcome)]) == Int64(count))
      }
      let times = try metrics.expectTimer("arrival_rpc_duration", its).values
      // The inner call ends first, and has not taken longer.
      #expect(times.count == 4 && times[0] > 0 && times[0] <= times[1])
      #expect(
        total("arrival_rpcs", [("service", "store"), ("method", "commit"), ("outcome", "value")])
          == 1)
    }

    @Test func `Errors of a cache are counted by what it was asked to do`() async throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let users = Batcher<Int, Int>("of a broken cache", cache: .custom(BrokenCache())) {
        (keys: [Int]) in keys
      }
      #expect(try await users.load(7).value == 7)
      #expect(try await users.load(8).value == 8)
      users.clear(7)
      let its = [("batcher", "of a broken cache")]
      for (operation, count) in [("get", 2), ("store", 2), ("remove", 1), ("removeAll", 0)] {
        #expect(
          total("arrival_cache_errors", its + [("operation", operation)]) == Int64(count),
          "\(operation)")
      }
    }

    private struct BrokenCache: BatcherCache {
      func future(for key: Int) throws -> Future<Int>? { throw Refused() }
      func store(_ future: Future<Int>, for key: Int) throws { throw Refused() }
      func remove(_ key: Int) throws { throw Refused() }
      func removeAll() throws { throw Refused() }
    }

    @Test func `Deadlocks are counted`() async throws {
      let registration = Instruments.install(MetricsInstrument(factory: metrics))
      defer { registration.remove() }
      let before = total("arrival_deadlocks", [])
      let place = Promise<Future<Int>>()
      let left = Future<Int>("left") { try await place.future.value.value }
      let right = Future<Int>("right") { try await left.value }
      place.succeed(right)
      await right.wait()
      _ = (await left.getException(), await right.getException())
      // Other tests run at the same time, and their rings are counted, too.
      #expect(total("arrival_deadlocks", []) > before)
    }
  }
#endif

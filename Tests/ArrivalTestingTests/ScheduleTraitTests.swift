// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Synchronization
import Testing

struct ScheduleTraitTests {
  private static let orders = Mutex<Set<[Int]>>([])

  /// The order in which five tasks run.
  private static func order() async -> [Int] {
    let log = Log<Int>()
    await withTaskGroup(of: Void.self) { group in
      for number in 1...5 { group.addTask { log.append(number) } }
    }
    return log.all
  }

  @Test func `A seed gives one order, and other seeds give others`() async throws {
    func order(_ seed: UInt64) async throws -> [Int] {
      try await withManualTime(seed: seed) { _ in await Self.order() }
    }
    let first = try await order(1)
    #expect(try await order(1) == first)
    var orders: Set<[Int]> = []
    for seed in UInt64(1)...20 { orders.insert(try await order(seed)) }
    #expect(orders.count > 5)
  }

  @Test(.arrival) func `A test with the trait runs in manual time`() async throws {
    try await Future.sleep(for: .seconds(3600)).value
    #expect(ManualTime.current?.now == .seconds(3600))
  }

  @Test(.arrival(seeds: 1...10)) func `A test runs once for each seed`() async throws {
    let order = await Self.order()
    Self.orders.withLock { _ = $0.insert(order) }
    if ManualTime.current?.seed == 10 { #expect(Self.orders.withLock { $0.count } > 3) }
  }

  @Test(.arrival(seeds: [3]), arguments: [1, 2]) func `The trait takes arguments, too`(
    _ number: Int
  ) async throws {
    try await Future.sleep(for: .seconds(number)).value
    #expect(ManualTime.current?.now == .seconds(number))
  }

  private static let seen = Mutex<[UInt64]>([])

  @Test(
    .compactMapIssues { issue in
      let names = issue.comments.contains { $0.rawValue.contains("seed 3") }
      return names && ScheduleTraitTests.seen.withLock { $0 } == [1, 2, 3] ? nil : issue
    }, .arrival(seeds: 1...10))
  func `The first seed that fails is named, and ends the repetition`() async throws {
    let seed = try #require(ManualTime.current?.seed)
    Self.seen.withLock { $0.append(seed) }
    #expect(seed < 3)
  }

  @MainActor @Test(.arrival(seeds: 1...3)) func `The trait runs tests of the main actor`()
    async throws
  {
    try await Future.sleep(for: .seconds(1)).value
    MainActor.assertIsolated()
    #expect(ManualTime.current?.now == .seconds(1))
  }
}

// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// How many calls tasks on Swift's global pool make. Other tests run on the same pool meanwhile, so
/// only the median is exact.
@Suite struct PlainTaskTests {
  private static let never = BatcherConfiguration(maxDelay: .seconds(1_000_000))

  @Test(arguments: [100, 1_000])
  func `Plain tasks that yield and then load one key each make one call`(count: Int) async {
    var calls: [Int] = []
    for _ in 0..<21 {
      let (batcher, _) = BatcherTests.doubling(nil, Self.never)
      await withTaskGroup(of: Void.self) { group in
        for key in 0..<count {
          group.addTask {
            await Task.yield()
            _ = await batcher.load(key).result
          }
        }
      }
      calls.append(batcher.statistics().batches)
      #expect(batcher.statistics().reasons[.maxDelay] == nil)
    }
    #expect(calls.sorted()[10] == 1)
  }

  /// Who resolves the nodes of a tree.
  enum Resolver: CaseIterable, Sendable {
    case plainTasks, childTasksOfTasklets, tasklets
    /// A plain task starts the tasklets of the first level.
    case taskletsOfAPlainTask
  }

  @Test(arguments: Resolver.allCases)
  func `A tree of five levels makes five calls`(_ resolver: Resolver) async throws {
    var calls: [Int] = []
    for _ in 0..<21 {
      let levels = (0..<5).map { _ in BatcherTests.doubling(nil, Self.never).0 }
      if resolver == .plainTasks || resolver == .taskletsOfAPlainTask {
        try await Self.resolve(0..<20, levels[...], resolver)
      } else {
        try await Future { try await Self.resolve(0..<20, levels[...], resolver) }.value
      }
      calls.append(levels.reduce(0) { $0 + $1.statistics().batches })
    }
    #expect(calls.sorted()[10] == 5)
  }

  /// Resolves nodes of the first level, and then the nodes below each.
  private static func resolve(
    _ keys: Range<Int>, _ levels: ArraySlice<Batcher<Int, Int>>, _ resolver: Resolver
  ) async throws {
    guard let level = levels.first else { return }
    @Sendable func node(_ key: Int) async throws {
      let value = try await level.load(key).value
      try await resolve(value * 10..<value * 10 + 2, levels.dropFirst(), resolver)
    }
    if resolver == .tasklets || resolver == .taskletsOfAPlainTask {
      _ = try await Future.all(keys.map { key in Future { try await node(key) } }).value
      return
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for key in keys { group.addTask { try await node(key) } }
      try await group.waitForAll()
    }
  }
}

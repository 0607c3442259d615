// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Foundation
import Testing

/// Waits of every kind, drawn by seed, among tasklets none of which can be stuck: each
/// error is a false alarm.
///
/// A tasklet waits without a way out for earlier ones alone, so by induction all end. It also waits
/// for any other, and for itself, where it has a way out: a limit, a cancellation, another future.
/// Those waits close rings all the time that are none.
///
/// Some sixty thousand waits; with `ARRIVAL_STRESS=25` in the environment a million and more.
@Suite(.serialized) struct FalseAlarmTests {
  private let factor =
    ProcessInfo.processInfo.environment["ARRIVAL_STRESS"].flatMap(Int.init) ?? 1

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `No false alarm on threads`(seed: UInt64) {
    let executor = TaskletExecutor(
      "stress", configuration: .init(threads: 1 + Int(seed % 4), maxSpareThreads: 5_000))
    let crowd = Crowd(500, seed: seed, on: executor, steps: 40 * factor)
    crowd.start()
    crowd.check()
    #expect(crowd.waits.value > 4_000 * factor)
    executor.shutdown()
  }

  @Test(arguments: 100..<104 as Range<UInt64>)
  func `No false alarm in an order that can be replayed`(seed: UInt64) {
    let manual = ManualExecutor("stress", seed: seed)
    let crowd = Crowd(200, seed: seed, on: manual.executor, steps: 50, blocks: false)
    crowd.start()
    while !crowd.isOver {
      manual.advance(by: .microseconds(100))
    }
    crowd.check()
    #expect(crowd.waits.value > 2_500)
  }
}

/// Tasklets that all know each other, and wait for each other as they are drawn to.
private final class Crowd: Sendable {
  private static let herd = 10

  private let gate = Promise<[Future<Int>]>()
  private let futures: [Future<Int>]
  private let seed: UInt64
  private let steps: Int
  private let blocks: Bool
  /// Waits that had to wait.
  let waits = Counter()

  init(
    _ count: Int, seed: UInt64, on executor: TaskletExecutor, steps: Int, blocks: Bool = true
  ) {
    self.seed = seed
    self.steps = steps
    self.blocks = blocks
    let run = Promise<@Sendable (Int) async throws -> Int>()
    // The last comes first, so that most have to wait.
    futures = (0..<count).reversed().map { index in
      Future("\(index)", on: executor) { try await run.future.value(index) }
    }.reversed()
    run.succeed { [self] in try await self.run($0) }
  }

  func start() { gate.succeed(futures) }

  var isOver: Bool { futures.allSatisfy { $0.done() } }

  func check() {
    for (index, future) in futures.enumerated() {
      if let error = future.getException() {
        Issue.record("\(index), seed \(seed): \(error)")
      } else {
        #expect(try! future.getResult() == index)
      }
    }
  }

  private func run(_ index: Int) async throws -> Int {
    let futures = try await gate.future.value
    var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(index))
    for _ in 0..<steps { try await step(index, futures, &random) }
    return index
  }

  private func step(
    _ index: Int, _ all: [Future<Int>], _ random: inout SeededGenerator
  ) async throws {
    // In herds, or each look at the graph would be at all of it.
    let herd = index - index % Self.herd
    let any = all[.random(in: herd..<herd + Self.herd, using: &random)]
    let kind = Int.random(in: 0..<11, using: &random)
    if index == herd || kind < 4 { return try await stepWithWayOut(kind % 4, any) }
    let earlier = (0..<3).map { _ in all[.random(in: herd..<index, using: &random)] }
    let isWaiting = earlier.map { !$0.done() }
    for index in 0..<3 where isWaiting[index] && (index == 0 || kind == 7 || kind == 10) {
      waits.raise()
    }
    switch kind {
    case 4: _ = try await earlier[0].value
    case 5: if blocks { _ = try block(earlier[0]) } else { await earlier[0].wait() }
    case 6: _ = try await Future.all(earlier).value
    case 7: await Future.waitAll(earlier)
    case 8: _ = await Future.waitAny([any, earlier[0], any])
    case 9: _ = try await earlier[0].flatMap { _ in earlier[1] }.value
    default:
      try await withThrowingTaskGroup(of: Int.self) { group in
        for future in earlier { group.addTask { try await future.value } }
        try await group.waitForAll()
      }
    }
  }

  /// Waits for whatever it is, perhaps itself, but not for good.
  private func stepWithWayOut(_ kind: Int, _ future: Future<Int>) async throws {
    if !future.done() { waits.raise() }
    switch kind {
    case 0: _ = await future.wait(for: .microseconds(50))
    case 1:
      if blocks {
        func block() -> Bool { future.wait(for: .microseconds(20)) }
        _ = block()
      } else {
        _ = await future.wait(for: .microseconds(20))
      }
    case 2:
      // A child task's wait is its tasklet's, so it needs a limit; the cancellation comes first.
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await future.getResult(within: .seconds(3600)) }
        await Task.yield()
        group.cancelAll()
      }
    default:
      // On the executor, so that a manual one runs it too.
      let task = Task(executorPreference: TaskletExecutor.current) { _ = try? await future.value }
      await Task.yield()
      task.cancel()
      await task.value
    }
  }
}

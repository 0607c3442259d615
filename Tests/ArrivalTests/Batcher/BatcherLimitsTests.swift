// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Limits of weight, size and queued loads.
@Suite struct BatcherLimitsTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()

  /// A batcher of numbers that weigh what they are.
  private func weighing(_ configuration: BatcherConfiguration) -> Batcher<Int, Int> {
    Batcher("weighing", configuration: configuration, on: manual.executor, weight: \.self) {
      [calls] (keys: [Int]) in
      calls.append(keys)
      return keys
    }
  }

  private func run(_ body: @escaping @Sendable () async throws -> Void) {
    _ = Future(on: manual.executor) { try await body() }
    manual.run()
  }

  @Test func `A batch leaves before it would be too heavy, and at once when it is full`() {
    let batcher = weighing(.init(maxBatchWeight: 10))
    run { _ = batcher.load(contentsOf: [4, 5, 3, 7, 1, 25, 2]) }
    #expect(calls.all == [[4, 5], [3, 7], [1], [25], [2]])
    #expect(batcher.statistics().reasons == [.full: 4, .quiescence: 1])
  }

  @Test func `An equal key adds no weight`() {
    let batcher = weighing(.init(maxBatchWeight: 10))
    run { _ = batcher.load(contentsOf: [6, 6, 6, 3]) }
    #expect(calls.all == [[6, 3]])
  }

  @Test func `Each lane has its own weight`() {
    let batcher = weighing(.init(maxBatchWeight: 10))
    run {
      for key in [6, 7] { _ = batcher.load(key, lane: key) }
      _ = batcher.load(5)
    }
    #expect(calls.all == [[6], [7], [5]])
  }

  @Test func `The maximum size counts distinct keys only`() {
    let batcher = weighing(.init(maxBatchSize: 2))
    run { _ = batcher.load(contentsOf: [1, 1, 1, 1, 2, 3]) }
    #expect(calls.all == [[1, 2], [3]])
  }

  @Test func `Loading no keys makes no call`() {
    let batcher = weighing(.default)
    run { #expect(batcher.load(contentsOf: []).isEmpty) }
    #expect(calls.all.isEmpty)
  }

  @Test func `One load too many fails at once, and a batch that leaves makes room`() throws {
    let batcher = weighing(.init(maxQueued: 3))
    let futures = batcher.load(contentsOf: 1...4)
    #expect(futures.map { $0.done() } == [false, false, false, true])
    let error = try #require(futures[3].getException() as? BatcherOverloaded)
    #expect(error.batcher == "weighing" && error.maxQueued == 3)
    #expect(futures[3].creationSite.file.hasSuffix("BatcherLimitsTests.swift"))
    #expect(batcher.statistics().queued == 3)
    #expect(batcher.statistics().refused == 1)
    manual.advance(by: .milliseconds(1))
    #expect(futures[..<3].allSatisfy { $0.getException() == nil })
    #expect(batcher.statistics().queued == 0)
    #expect(!batcher.load(5).done())
  }

  @Test func `A load that is cancelled gives its room back at once`() {
    let batcher = weighing(.init(maxQueued: 2))
    let futures = batcher.load(contentsOf: [1, 2])
    futures[0].cancel()
    #expect(!batcher.load(3).done())
    #expect(batcher.load(4).done())
    manual.advance(by: .milliseconds(1))
    #expect(calls.all == [[2, 3]])
    #expect(batcher.statistics().queued == 0)
  }

  @Test func `Loads that wait for room get it in the order in which they came`() throws {
    let gate = Promise<Void>()
    let order = Log<Int>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatches: 1, maxQueued: 1),
      on: manual.executor
    ) { (keys: [Int]) in
      await gate.future.wait()
      return keys
    }
    let results = (0..<5).map { key in
      Future(on: manual.executor) {
        let future = try await batcher.loadWhenReady(key)
        order.append(key)
        return try await future.value
      }
    }
    manual.run()
    // One under way, one queued.
    #expect(order.all == [0, 1])
    // A new load does not overtake the ones that wait.
    #expect(batcher.load(9).done())
    results[2].cancel()
    manual.run()
    #expect(results[2].isCancelled)
    gate.succeed()
    manual.run()
    #expect(order.all == [0, 1, 3, 4])
    #expect(try results[4].getResult() == 4)
    #expect(batcher.statistics().loads == 5)
    #expect(batcher.statistics().queued == 0)
  }

  @Test func `A place kept for a waiter that gives up goes to the next one`() throws {
    var limit = QueueLimit(1)
    let waiters = (0..<3).map { _ in RoomWaiter(Promise<Void>().future) }
    let entered = waiters.map { limit.enter($0) }
    #expect(entered == [true, false, false])
    let second = limit.leave(1)
    #expect(second.map { $0 === waiters[1] } == [true])
    let third = limit.giveUp(waiters[1])
    #expect(third.map { $0 === waiters[2] } == [true])
    #expect(limit.taken == 1)
    let nobody = limit.giveUp(waiters[2])
    #expect(nobody.isEmpty && limit.taken == 0)
  }

  @Test func `Waiters that give up are freed although there is no room`() {
    var limit = QueueLimit(1)
    _ = limit.enter()
    let stays = RoomWaiter(Promise<Void>().future)
    let waits = limit.enter(stays)
    #expect(!waits)
    weak var last: RoomWaiter?
    for _ in 0..<100 {
      let leaves = RoomWaiter(Promise<Void>().future)
      last = leaves
      _ = limit.enter(leaves)
      _ = limit.giveUp(leaves)
    }
    #expect(last == nil)
    _ = limit.giveUp(stays)
  }

  @Test func `A hit and a refused load need no room`() throws {
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxQueued: 1), on: manual.executor, cache: .lru(5)
    ) { (keys: [Int]) in keys }
    let first = batcher.load(1)
    let hit = batcher.load(1)
    #expect(batcher.load(2).done())
    manual.advance(by: .milliseconds(1))
    #expect(try first.getResult() == 1 && hit.getResult() == 1)
    let ready = Future(on: manual.executor) { try await batcher.loadWhenReady(1).value }
    manual.run()
    #expect(try ready.getResult() == 1)
    #expect(batcher.statistics().queued == 0)
  }
}

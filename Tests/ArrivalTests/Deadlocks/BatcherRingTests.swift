// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Rings through the waits of a batcher: for a turn, for a flush, and for room.
@Suite struct BatcherRingTests {
  let manual = ManualExecutor()

  /// A batcher whose operation for key 1 also does this.
  private func batcher(
    _ configuration: BatcherConfiguration,
    _ body: @escaping @Sendable (Batcher<Int, Int>) async throws -> Void
  ) -> Batcher<Int, Int> {
    let own = Weak<Batcher<Int, Int>>()
    let batcher = Batcher<Int, Int>("users", configuration: configuration, on: manual.executor) {
      (keys: [Int]) in
      if keys.contains(1), let batcher = own.object { try await body(batcher) }
      return keys
    }
    own.object = batcher
    return batcher
  }

  @Test(arguments: [WaitManner.suspending, .blocking])
  func `An operation that flushes what waits for its turn fails, and the rest is sent`(
    manner: WaitManner
  ) throws {
    let others = Log<Future<Int>>()
    let batcher = batcher(.init(maxConcurrentBatches: 1)) { batcher in
      others.append(batcher.load(2))
      if manner == .suspending { await batcher.flush() } else { flush(batcher) }
    }
    let load = batcher.load(1)
    manual.advance(by: .seconds(1))
    let error = try deadlock(load)
    #expect(error.members.map(\.name) == ["users batch_1", "flush of users"])
    // The flush keeps its promise: the key that it sent has arrived.
    #expect(try others.all.map { try $0.getResult() } == [2])
    #expect(batcher.statistics().batchesUnderWay == 0)
  }

  @Test func `Two operations that flush each other's batches fail one of them`() throws {
    let gate = Promise<Void>()
    let own = Weak<Batcher<Int, Int>>()
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 1), on: manual.executor) {
      (keys: [Int]) in
      try await gate.future.value
      await own.object?.flush()
      return keys
    }
    own.object = batcher
    let loads = [batcher.load(1), batcher.load(2)]
    manual.advance(by: .seconds(1))
    gate.succeed()
    manual.advance(by: .seconds(1))
    #expect(loads.allSatisfy { $0.done() })
    #expect(loads.filter { $0.getException() is DeadlockError }.count == 1)
  }

  @Test func `A flush in a tasklet that an operation awaits fails that tasklet`() throws {
    let manual = manual
    let inner = Log<Future<Void>>()
    let batcher = batcher(.init(maxConcurrentBatches: 1)) { batcher in
      _ = batcher.load(2)
      let flush = Future("inner", on: manual.executor) { await batcher.flush() }
      inner.append(flush)
      try await flush.value
    }
    let load = batcher.load(1)
    manual.advance(by: .seconds(1))
    _ = try deadlock(load)
    #expect(inner.all.allSatisfy { $0.getException() is DeadlockError })
    #expect(batcher.statistics().batchesUnderWay == 0)
  }

  @Test func `An operation that waits for room that only its own end can make fails`() throws {
    let batcher = batcher(.init(maxConcurrentBatches: 1, maxQueued: 1)) { batcher in
      _ = batcher.load(2)
      _ = try await batcher.loadWhenReady(3)
    }
    let load = batcher.load(1)
    manual.advance(by: .seconds(1))
    let error = try deadlock(load)
    #expect(error.members.map(\.name) == ["users batch_1", "room in users"])
    #expect(batcher.statistics().queued == 0)
  }

  @Test func `A wait for room that another operation can make is no ring`() throws {
    try expectNoRing(maxQueued: 1) { _ = try await $0.loadWhenReady(4).value }
  }

  @Test func `A flush that other operations end is no ring`() throws {
    try expectNoRing(maxQueued: nil) { await $0.flush() }
  }

  /// One of two operations loads a key and waits. The other one goes on, and so the wait ends.
  private func expectNoRing(
    maxQueued: Int?, _ wait: @escaping @Sendable (Batcher<Int, Int>) async throws -> Void
  ) throws {
    let gate = Promise<Void>()
    let own = Weak<Batcher<Int, Int>>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatches: 2, maxQueued: maxQueued),
      on: manual.executor
    ) { (keys: [Int]) in
      switch keys[0] {
      case 1:
        _ = own.object?.load(3)
        if let batcher = own.object { try await wait(batcher) }
      case 2: try await gate.future.value
      default: break
      }
      return keys
    }
    own.object = batcher
    let loads = [batcher.load(1), batcher.load(2)]
    manual.advance(by: .seconds(1))
    #expect(!loads[0].done())
    gate.succeed()
    manual.advance(by: .seconds(1))
    #expect(try loads.map { try $0.getResult() } == [1, 2])
  }

  @Test func `A dump shows what a flush and a wait for room need`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      "users", configuration: .init(maxConcurrentBatches: 1, maxQueued: 1), on: manual.executor
    ) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    let first = batcher.load(1)
    manual.advance(by: .seconds(1))
    let second = batcher.load(2)
    let flush = Future("flushes", on: manual.executor) { await batcher.flush() }
    let room = Future("loads", on: manual.executor) { try await batcher.loadWhenReady(3).value }
    manual.advance(by: .seconds(1))
    let text = flush.formatDump() + "\n" + room.formatDump()
    #expect(text.contains("of users batch_2, which waits for its turn with 1 keys"), "\(text)")
    #expect(text.contains("room \"room in users\""), "\(text)")
    gate.succeed()
    manual.advance(by: .seconds(1))
    #expect(first.done() && second.done() && flush.done() && room.done())
  }
}

private func flush(_ batcher: Batcher<Int, Int>) { batcher.flush() }

// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// What a flush waits for, and what it does not.
@Suite struct BatcherFlushTests {
  let manual = ManualExecutor()

  private func flush(_ batcher: Batcher<Int, Int>) -> Future<Void> {
    Future(on: manual.executor) { await batcher.flush() }
  }

  @Test func `A flush with nothing to wait for returns at once`() {
    let (batcher, _) = BatcherTests.doubling(manual.executor)
    batcher.flush()
    let flush = flush(batcher)
    manual.run()
    #expect(flush.done())
  }

  @Test func `A flush whose task is cancelled goes on, and so does what it waits for`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    let future = batcher.load(1)
    let flush = flush(batcher)
    manual.run()
    flush.cancel()
    manual.run()
    #expect(!flush.done() && !future.done())
    gate.succeed()
    manual.run()
    #expect(flush.done() && future.getException() == nil)
  }

  @Test func `A flush waits for loads that the operation starts and does not await`() {
    let own = Weak<Batcher<Int, Int>>()
    let gates = (0..<3).map { _ in Promise<Void>() }
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 1), on: manual.executor) {
      (keys: [Int]) in
      if keys[0] < 2 { _ = own.object?.load(keys[0] + 1) }
      try await gates[keys[0]].future.value
      return keys
    }
    own.object = batcher
    _ = batcher.load(0)
    let flush = flush(batcher)
    for gate in gates {
      manual.run()
      #expect(!flush.done())
      gate.succeed()
    }
    manual.run()
    #expect(flush.done())
    #expect(batcher.statistics().batches == 3)
  }

  @Test func `A flush waits for loads that callbacks of its futures start`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 1), on: manual.executor) {
      (keys: [Int]) in
      if keys[0] == 2 { try await gate.future.value }
      return keys
    }
    batcher.load(1).onCompletion { _ in _ = batcher.load(2) }
    let flush = flush(batcher)
    manual.run()
    #expect(!flush.done())
    gate.succeed()
    manual.run()
    #expect(flush.done())
  }

  @Test func `A flush ends although other loads go on`() {
    let gates = (0..<3).map { _ in Promise<Void>() }
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 1), on: manual.executor) {
      (keys: [Int]) in
      try await gates[keys[0]].future.value
      return keys
    }
    _ = batcher.load(0)
    let first = flush(batcher)
    manual.run()
    let late = batcher.load(1)
    manual.run()
    gates[0].succeed()
    manual.run()
    #expect(first.done() && !late.done())
  }

  @Test func `A flush waits for held loads, but not for cancelled ones`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(deduplicates: false), on: manual.executor, conflicts: .by { _ in 0 }
    ) { (keys: [Int]) in
      if keys[0] == 2 { try await gate.future.value }
      return keys
    }
    let futures = batcher.load(contentsOf: 1...3)
    let flush = flush(batcher)
    manual.run()
    #expect(futures[0].done() && !flush.done())
    futures[2].cancel()
    gate.succeed()
    manual.run()
    #expect(flush.done())
  }

  @Test func `A flush does not throw the errors of its members`() {
    let batcher = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) -> [Int] in throw Oops() }
    let future = batcher.load(1)
    let flush = flush(batcher)
    manual.run()
    #expect(flush.done() && flush.getException() == nil)
    #expect(future.getException() is Oops)
  }

  @Test func `An operation may flush its own batcher`() {
    let own = Weak<Batcher<Int, Int>>()
    let other = Promise<Void>()
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 1), on: manual.executor) {
      (keys: [Int]) in
      if keys[0] == 1 { await own.object?.flush() } else { await other.future.wait() }
      return keys
    }
    own.object = batcher
    let futures = batcher.load(contentsOf: [1, 2])
    manual.run()
    #expect(!futures[0].done())
    other.succeed()
    manual.run()
    #expect(futures.allSatisfy { $0.getException() == nil })
  }

  @Test func `Two flushes each wait for their own members`() {
    var tracker = FlushTracker()
    func ended(_ number: Int) -> [Future<Void>] { tracker.ended(.batch(number)) }
    let ends = (0..<2).map { _ in Promise<Void>().future }
    tracker.begin(ends[0], [.batch(1), .batch(2)])
    tracker.begin(ends[1], [.batch(2), .batch(3)])
    tracker.add(.hold(HoldNumber(value: 1)), spawnedBy: .batch(1))
    tracker.add(.hold(HoldNumber(value: 1)), spawnedBy: .batch(1))
    let none = [ended(1), ended(9), ended(3), ended(1)]
    #expect(none.allSatisfy { $0.isEmpty })
    let second = ended(2)
    #expect(second.map { $0 === ends[1] } == [true])
    #expect(tracker.isActive)
    let first = tracker.ended(.hold(HoldNumber(value: 1)))
    #expect(first.map { $0 === ends[0] } == [true])
    #expect(!tracker.isActive)
  }
}

import ArrivalTesting
import Testing

@testable import Arrival

/// What a flush waits for, and what it does not.
@Suite struct BatcherFlushTests {
  let manual = ManualExecutor()

  private func flush(_ batcher: Batcher<Int, Int>) -> Future<Void> {
    Future(on: manual.executor) { await batcher.flush() }
  }

  @Test func `A flush of nothing is over at once`() {
    let (batcher, _) = BatcherTests.doubling(manual.executor)
    batcher.flush()
    let flush = flush(batcher)
    manual.run()
    #expect(flush.done())
  }

  @Test func `A flush waits for what the operation loads and does not wait for`() {
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

  @Test func `A flush waits for what callbacks of its futures load`() {
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

  @Test func `A flush ends while others go on loading`() {
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

  @Test func `A flush waits for loads that are held, and not for those that were cancelled`() {
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

  @Test func `A flush does not throw what its members fail with`() {
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

  @Test func `Two flushes each wait for their own`() {
    var book = FlushBook()
    let ends = (0..<2).map { _ in Promise<Void>().future }
    book.begin(ends[0], [1, 2])
    book.begin(ends[1], [2, 3])
    book.add(4, spawnedBy: 1)
    book.add(4, spawnedBy: 1)
    let none = [book.ended(1), book.ended(9), book.ended(3), book.ended(1)]
    #expect(none.allSatisfy { $0.isEmpty })
    let second = book.ended(2)
    #expect(second.map { $0 === ends[1] } == [true])
    #expect(book.isActive)
    let first = book.ended(4)
    #expect(first.map { $0 === ends[0] } == [true])
    #expect(!book.isActive)
  }
}

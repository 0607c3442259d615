// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// Caches keep futures.
@Suite struct BatcherCacheTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()

  private func cached(_ cache: CachePolicy<Int, Int>) -> Batcher<Int, Int> {
    Batcher("cached", on: manual.executor, cache: cache) { [calls] (keys: [Int]) in
      calls.append(keys)
      return keys.map { key -> Result<Int, any Error> in
        key < 0 ? .failure(Oops(key)) : .success(key * 2)
      }
    }
  }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  @Test func `A hit shares the earlier load, pending or done`() throws {
    let batcher = cached(.lru(10))
    let first = batcher.load(1)
    let second = batcher.load(1)
    #expect(second !== first)
    settle()
    #expect(batcher.load(1).done())
    #expect(try first.getResult() == 2 && second.getResult() == 2)
    #expect(calls.all == [[1]])
    let statistics = batcher.statistics()
    #expect(statistics.loads == 3 && statistics.hits == 2 && statistics.keysSent == 1)
  }

  @Test func `Without a cache each load has its own future, and prime returns false`() {
    let (batcher, calls) = BatcherTests.doubling(manual.executor)
    #expect(!batcher.prime(1, 5))
    _ = batcher.load(1)
    settle()
    _ = batcher.load(1)
    settle()
    #expect(calls.all == [[1], [1]])
  }

  @Test func `A full cache removes the key that was used least recently`() {
    let batcher = cached(.lru(2))
    for key in [1, 2, 1, 3] {
      _ = batcher.load(key)
      settle()
    }
    // Key 2 was used before key 1.
    for key in [1, 3, 2] {
      _ = batcher.load(key)
      settle()
    }
    #expect(calls.all == [[1], [2], [3], [2]])
  }

  @Test func `prime adds a value but replaces none; after clear it does`() throws {
    let batcher = cached(.lru(10))
    #expect(batcher.prime(1, 100))
    #expect(!batcher.prime(1, 200))
    #expect(try batcher.load(1).getResult() == 100)
    batcher.clear(1)
    #expect(batcher.prime(1, 200))
    #expect(try batcher.load(1).getResult() == 200)
    batcher.clearAll()
    _ = batcher.load(1)
    settle()
    #expect(calls.all == [[1]])
  }

  @Test func `prime does not replace a pending load; a load after clear is a new one`() {
    let batcher = cached(.lru(10))
    let pending = batcher.load(1)
    #expect(!batcher.prime(1, 5))
    batcher.clear(1)
    #expect(batcher.load(1) !== pending)
    settle()
    #expect(pending.done())
  }

  @Test func `A cache keeps errors only if asked to, and cancelled loads never`() {
    let forgets = cached(.lru(10))
    let first = forgets.load(-1)
    settle()
    #expect(first.getException() is Oops)
    #expect(forgets.load(-1) !== first)
    settle()
    #expect(calls.all == [[-1], [-1]])

    let keeps = cached(.lru(10, keepsErrors: { _ in true }))
    let kept = keeps.load(-2)
    settle()
    #expect(kept.getException() is Oops && keeps.load(-2).getException() is Oops)
    #expect(calls.count == 3)
    let cancelled = keeps.load(3)
    cancelled.cancel()
    #expect(keeps.load(3) !== cancelled)
    // A failed future that is not kept does not stop prime.
    #expect(forgets.prime(-1, 7))
  }

  @Test func `A load with a lane uses no cache`() {
    let batcher = cached(.lru(10))
    let plain = batcher.load(1)
    #expect(batcher.load(1, lane: "x") !== plain)
    settle()
    #expect(calls.all.count == 2)
  }

  @Test func `A time limit on a hit does not affect the cached future`() throws {
    let batcher = cached(.lru(10))
    let pending = batcher.load(1)
    let hurried = batcher.load(1, within: .nanoseconds(1))
    #expect(hurried !== pending)
    manual.advance(by: .nanoseconds(2))
    #expect(hurried.getException() is TimeoutError)
    #expect(!pending.done())
    settle()
    #expect(try pending.getResult() == 2)
    #expect(batcher.load(1, within: .seconds(1)).done())
  }

  @Test func `Scoped batchers share calls but not their caches`() throws {
    let shared = cached(.none)
    let one = shared.scoped(cache: .lru(10))
    let other = shared.scoped(cache: .lru(10))
    let futures = [one.load(1), other.load(1), other.load(2)]
    #expect(futures[0] !== futures[1])
    settle()
    #expect(calls.all == [[1, 2]])
    one.clear(1)
    #expect(other.load(1).done())
    #expect(!one.load(1).done())
  }

  /// A custom cache, which may throw.
  final class Table: BatcherCache {
    let kept = Mutex<[Int: Future<Int>]>([:])
    let throwing: Bool

    init(throwing: Bool) { self.throwing = throwing }

    private func mayThrow() throws { if throwing { throw Oops(7) } }

    func future(for key: Int) throws -> Future<Int>? {
      try mayThrow()
      return kept.withLock { $0[key] }
    }

    func store(_ future: Future<Int>, for key: Int) throws {
      try mayThrow()
      kept.withLock { $0[key] = future }
    }

    func remove(_ key: Int) throws {
      try mayThrow()
      kept.withLock { $0[key] = nil }
    }

    func removeAll() throws {
      try mayThrow()
      kept.withLock { $0 = [:] }
    }
  }

  @Test func `A custom cache is read, filled, cleared and primed`() throws {
    let table = Table(throwing: false)
    let batcher = cached(.custom(table))
    let first = batcher.load(1)
    let second = batcher.load(1)
    settle()
    #expect(try first.getResult() == 2 && second.getResult() == 2)
    #expect(table.kept.withLock { $0[1] }?.done() == true)
    batcher.clear(1)
    #expect(batcher.prime(1, 9))
    #expect(!batcher.prime(1, 10))
    #expect(try batcher.load(1).getResult() == 9)
    batcher.clearAll()
    #expect(table.kept.withLock { $0.isEmpty })
    let failed = batcher.load(-1)
    settle()
    #expect(batcher.load(-1) !== failed)
    #expect(batcher.statistics().hits == 2)
  }

  @Test func `A custom cache that throws counts as a miss`() throws {
    let batcher = cached(.custom(Table(throwing: true)))
    let futures = [batcher.load(1), batcher.load(1)]
    #expect(!batcher.prime(1, 3))
    #expect(batcher.peek(1) == nil)
    batcher.clear(1)
    batcher.clearAll()
    settle()
    #expect(try futures.map { try $0.getResult() } == [2, 2])
    #expect(calls.all == [[1]])
    // Two loads look up and store; `prime` looks up and stores; `peek` looks up; two removals.
    #expect(batcher.statistics().cacheErrors == 9)
  }

  @Test(arguments: 0..<100)
  func `The table behaves like a list in the order of use`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let capacity = 1 + seed % 5
    var table = LRUTable<Int, Int>(capacity: capacity)
    var model: [(key: Int, value: Int)] = []
    for value in 0..<500 {
      let key = Int.random(in: 0..<8, using: &generator)
      let known = model.firstIndex { $0.key == key }
      switch Int.random(in: 0..<20, using: &generator) {
      case 0:
        table.removeAll()
        model.removeAll()
      case 1, 2:
        table.remove(key)
        if let known { model.remove(at: known) }
      case 3..<10:
        table.set(value, for: key)
        if let known { model.remove(at: known) }
        model.append((key, value))
        if model.count > capacity { model.removeFirst() }
      default:
        let found = table.value(for: key)
        #expect(found == known.map { model[$0].value })
        if let known { model.append(model.remove(at: known)) }
      }
      #expect(table.count == model.count)
    }
  }
}

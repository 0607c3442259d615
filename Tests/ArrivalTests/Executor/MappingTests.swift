// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// `Future.map` over the elements of a sequence.
@Suite struct MappingTests {
  let manual = ManualExecutor()

  @Test(arguments: [1, 2, 7, 100])
  func `The values come in order, and at most so many calls are under way`(limit: Int) throws {
    let underWay = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    let squares = Future.map(0..<20, limit: limit, on: manual.executor) { number in
      let now = underWay.add(1, ordering: .relaxed).newValue
      most.max(now, ordering: .relaxed)
      // The later ones end first.
      try await Future.sleep(for: .seconds(20 - number)).value
      underWay.subtract(1, ordering: .relaxed)
      return number * number
    }
    for _ in 0..<20 { manual.advance(by: .seconds(20)) }
    #expect(try squares.getResult() == (0..<20).map { $0 * $0 })
    #expect(most.load(ordering: .relaxed) == min(limit, 20))
  }

  @Test func `No elements give no values`() throws {
    #expect(try Future.map([Int](), limit: 1) { $0 }.getResult() == [])
  }

  @Test func `The first error cancels the other calls, and its traceback is kept`() {
    let cancelled = Counter()
    let started = Counter()
    let mapped = Future.map(0..<10, limit: 3, name: "pages", on: manual.executor) { number in
      started.raise()
      if number == 1 { try fail() }
      do { try await Future.sleep(for: .seconds(9)).value } catch {
        cancelled.raise()
        throw error
      }
      return number
    }
    manual.run()
    #expect(mapped.getException() as? Oops == Oops(1))
    #expect(mapped.name == "pages")
    #expect(mapped.getTraceback()?.format().contains("fail()") ?? false)
    #expect(started.value == 3 && cancelled.value == 2)
  }

  @Test func `Cancelling the future cancels the calls`() {
    let cancelled = Counter()
    let promise = Promise<Int>()
    let mapped = Future.map(0..<10, limit: 3, on: manual.executor) { number in
      do { return try await promise.future.value } catch {
        cancelled.raise()
        throw error
      }
    }
    manual.run()
    mapped.cancel()
    manual.run()
    #expect(mapped.isCancelled && cancelled.value == 3)
    #expect(!promise.future.hasWaiters)
  }

  @Test func `The loads of all calls under way make one batch`() throws {
    let (batcher, _) = BatcherTests.doubling(manual.executor)
    let mapped = Future.map(0..<6, limit: 3, on: manual.executor) {
      try await batcher.load($0).value
    }
    manual.run()
    #expect(try mapped.getResult() == [0, 2, 4, 6, 8, 10])
    #expect(batcher.statistics().batches <= 4)
  }

  @Test func `A call that waits for the whole is a deadlock`() {
    let own = Weak<Future<[Int]>>()
    let start = Promise<Void>()
    let mapped = Future.map(0..<3, limit: 2, on: manual.executor) { number in
      try await start.future.value
      return number == 2 ? try await own.object!.value.count : number
    }
    own.object = mapped
    manual.run()
    start.succeed()
    manual.run()
    #expect(mapped.getException() is DeadlockError)
  }
}

private func fail() throws { throw Oops(1) }

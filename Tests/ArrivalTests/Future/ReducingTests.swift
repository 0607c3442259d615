// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct ReducingTests {
  @Test func `combines the values in the order of the futures, in whatever order they arrive`()
    throws
  {
    let promises = (0..<5).map { _ in Promise<String>() }
    let joined = Future.reduce(promises.map(\.future)) { $0 + $1 }
    for index in [3, 0, 4, 2, 1] {
      #expect(!joined.done())
      promises[index].succeed("\(index)")
    }
    #expect(try joined.getResult() == "01234")
  }

  @Test func `combines each value as soon as its turn comes`() {
    let promises = (0..<4).map { _ in Promise<Int>() }
    let seen = Log<[Int]>()
    let sum = Future.reduce(promises.map(\.future)) {
      seen.append([$0, $1])
      return $0 + $1
    }
    promises[2].succeed(2)
    promises[0].succeed(0)
    #expect(seen.all.isEmpty)
    promises[1].succeed(1)
    #expect(seen.all == [[0, 1], [1, 2]])
    promises[3].succeed(3)
    #expect((try? sum.getResult()) == 6)
  }

  @Test
  func `is nil for no futures and the one value for one future, without calling the function`()
    throws
  {
    let none: [Future<Int>] = []
    let never: @Sendable (Int, Int) throws -> Int = { _, _ in throw Oops() }
    #expect(try Future.reduce(none, never).getResult() == nil)
    #expect(try Future.reduce([Future(value: 3)], never).getResult() == 3)
    let promise = Promise<Int>()
    let one = Future.reduce([promise.future], never)
    promise.succeed(4)
    #expect(try one.getResult() == 4)
    #expect(try Future.reduce(none, from: 7, never).getResult() == 7)
  }

  @Test func `begins with an initial value of any type`() throws {
    let futures = (1...3).map { Future(value: $0) }
    let text = Future.reduce(futures, from: "0") { (text: String, next: Int) in "\(text)\(next)" }
    #expect(try text.getResult() == "0123")
  }

  @Test func `fails when the function throws, and leaves the other futures`() {
    for throwing in [1, 3] {
      let promises = (0..<4).map { _ in Promise<Int>() }
      let reduced = Future.reduce(promises.map(\.future)) { sum, next in
        if next == throwing { throw Oops(throwing) }
        return sum + next
      }
      for index in 0...throwing { promises[index].succeed(index) }
      #expect(reduced.getException() as? Oops == Oops(throwing))
      for promise in promises { #expect(!promise.future.hasWaiters) }
      for index in 0..<4 { promises[index].succeed(index) }
    }
  }

  @Test func `fails at once with the first error, before its turn comes`() {
    let promises = (0..<3).map { _ in Promise<Int>() }
    let reduced = Future.reduce(promises.map(\.future)) { $0 + $1 }
    promises[2].fail(Oops(2))
    #expect(reduced.getException() as? Oops == Oops(2))
    #expect(!promises[0].future.hasWaiters)
    promises[0].succeed(0)
    promises[1].succeed(1)
  }

  @Test func `waits for the future that the function returns before the next call`() throws {
    let steps = Log<Promise<Int>>()
    let futures = (1...3).map { Future(value: $0) }
    let reduced = Future.reduce(futures) { (_, _) -> Future<Int> in
      let step = Promise<Int>()
      steps.append(step)
      return step.future
    }
    #expect(steps.count == 1)
    steps.all[0].succeed(10)
    #expect(steps.count == 2)
    #expect(!reduced.done())
    steps.all[1].succeed(20)
    #expect(try reduced.getResult() == 20)
  }

  @Test func `fails with the error of the future that the function returns`() {
    let futures = (1...3).map { Future(value: $0) }
    let calls = Counter()
    let reduced = Future.reduce(futures, from: 0) { (_, _) -> Future<Int> in
      calls.raise()
      return Future(error: Oops(8))
    }
    #expect(reduced.getException() as? Oops == Oops(8))
    #expect(calls.value == 1)
  }

  @Test func `takes 100,000 steps that are futures on a flat stack`() throws {
    let promises = (0..<100_000).map { _ in Promise<Int>() }
    let sum = Future.reduce(promises.map(\.future), from: 0) { Future(value: $0 + $1) }
    for promise in promises.dropFirst() { promise.succeed(1) }
    promises[0].succeed(1)
    #expect(try sum.getResult() == 100_000)
  }

  @Test func `makes one call at a time, each once, however the values arrive`() throws {
    for _ in 0..<200 {
      let promises = (0..<64).map { _ in Promise<Int>() }
      let inside = Counter()
      let outside = Counter()
      let order = Future.reduce(promises.map(\.future), from: [Int]()) { list, next in
        if inside.raise() != outside.value + 1 { throw Oops(next) }
        defer { outside.raise() }
        return list + [next]
      }
      onThreads(4) { thread in
        for index in stride(from: thread, to: 64, by: 4) { promises[index].succeed(index) }
      }
      #expect(try order.getResult() == Array(0..<64))
    }
  }
}

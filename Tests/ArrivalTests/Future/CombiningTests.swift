// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite("Derived futures")
struct CombiningTests {
  @Test func `map gives what the transform makes of the value, and passes an error through`() throws
  {
    let promise = Promise<Int>()
    let text = promise.future.map { "\($0)!" }
    #expect(!text.done())
    promise.succeed(7)
    #expect(try text.getResult() == "7!")
    let error = Unique()
    let failed = Future<Int>(error: error).map { _ in Issue.record("called for an error") }
    #expect(failed.getException() as? Unique === error)
  }

  @Test func `An error of the transform fails the derived future alone`() throws {
    let source = Future(value: 1)
    let mapped = source.map { _ -> Int in throw Oops(3) }
    let flat = source.flatMap { _ -> Future<Int> in throw Oops(4) }
    #expect(mapped.getException() as? Oops == Oops(3))
    #expect(flat.getException() as? Oops == Oops(4))
    #expect(try source.getResult() == 1)
  }

  @Test func `flatMap follows the future that the transform gives, to its value or its error`()
    throws
  {
    let second = Promise<String>()
    let chained = Future(value: 1).flatMap { _ in second.future }
    #expect(!chained.done())
    second.succeed("end")
    #expect(try chained.getResult() == "end")
    let failing = Future(value: 1).flatMap { _ in Future<Int>(error: Oops(9)) }
    #expect(failing.getException() as? Oops == Oops(9))
  }

  @Test func `recover replaces an error, and leaves a value as it is`() throws {
    #expect(try Future<Int>(error: Oops(5)).recover { ($0 as? Oops)?.number ?? 0 }.getResult() == 5)
    let kept = Future(value: 1).recover { _ in
      Issue.record("called for a value")
      return 2
    }
    #expect(try kept.getResult() == 1)
  }

  @Test func `A thread outside that blocks for a derived future sends the batch below it`() throws {
    // No time limit but a year, and no executor whose quiescence would send it.
    let batcher = Batcher<Int, Int>(configuration: .init(maxDelay: .seconds(31_000_000))) {
      (keys: [Int]) in keys.map { $0 * 2 }
    }
    let value = try onThread {
      try batcher.load(4).map { $0 + 1 }.flatMap { Future(value: $0) }.recover { _ in 0 }
        .getResult()
    }
    #expect(value == 9)
    #expect(batcher.statistics().reasons == [.blockedThread: 1])
  }

  @Test func `Cancelling a derived future leaves the one below it alone`() throws {
    let promise = Promise<Int>()
    let mapped = promise.future.map { $0 }
    mapped.cancel()
    #expect(mapped.isCancelled && !promise.future.done())
    promise.succeed(1)
    #expect(try promise.future.getResult() == 1)
  }

  @Test func `A chain of 100,000 maps runs on a flat stack`() throws {
    let promise = Promise<Int>()
    var last = promise.future
    for _ in 0..<100_000 { last = last.map { $0 + 1 } }
    promise.succeed(0)
    #expect(try last.getResult() == 100_000)
  }
}

@Suite("Future.all")
struct AllTests {
  @Test func `gives all values in the order of the futures, whatever the order of arrival`() throws
  {
    let promises = (0..<5).map { _ in Promise<Int>() }
    let all = Future.all(promises.map(\.future))
    for index in [3, 0, 4, 2] { promises[index].succeed(index) }
    #expect(!all.done())
    promises[1].succeed(1)
    #expect(try all.getResult() == [0, 1, 2, 3, 4])
  }

  @Test
  func `of nothing is done at once; of done futures too; a future may come twice, and hold nil`()
    throws
  {
    #expect(Future.all([Future<Int>]()).done())
    let one = Future<Int?>(value: nil)
    #expect(try Future.all([one, Future(value: 2), one]).getResult() == [nil, 2, nil])
  }

  @Test func `fails at once with the first error to arrive, and leaves nothing registered`() throws
  {
    let promises = (0..<100).map { _ in Promise<Int>() }
    let all = Future.all(promises.map(\.future))
    promises[50].fail(Oops(50))
    #expect(all.getException() as? Oops == Oops(50))
    for promise in promises { #expect(!promise.future.hasWaiters) }
    promises[1].fail(Oops(1))
    #expect(all.getException() as? Oops == Oops(50))
    let failed = Future<Int>(error: Oops(7))
    let pending = Promise<Int>()
    #expect(Future.all([pending.future, failed]).getException() as? Oops == Oops(7))
    #expect(!pending.future.hasWaiters)
  }

  @Test
  func `is freed when it is done, with a value or an error, and when nothing can complete it`() {
    for failing in [nil, 0, 1] as [Int?] {
      weak var all: Future<[Int]>?
      weak var held: Unique?
      do {
        let promises = (0..<2).map { _ in Promise<Int>() }
        let made = Future.all(promises.map(\.future))
        let object = Unique()
        held = object
        made.onCompletion { _ in withExtendedLifetime(object) {} }
        all = made
        for (index, promise) in promises.enumerated() {
          if index == failing { promise.fail(Oops()) } else { promise.succeed(index) }
        }
        #expect(made.done())
      }
      #expect(all == nil)
      #expect(held == nil)
    }
    weak var one: Future<Int>?
    do {
      let future = Future(value: 1)
      one = future
      #expect(Future.all([future]).done())
    }
    #expect(one == nil)
  }

  @Test func `is linear: a million futures, each way`() throws {
    let promises = (0..<1_000_000).map { _ in Promise<Int>() }
    let all = Future.all(promises.map(\.future))
    for promise in promises { promise.succeed(1) }
    #expect(try all.getResult().count == 1_000_000)
    #expect(try Future.all(promises.map(\.future)).getResult().count == 1_000_000)
  }

  @Test func `ends exactly once however completions and failures race`() {
    for round in 0..<2_000 {
      let promises = (0..<4).map { _ in Promise<Int>() }
      let outcomes = Counter()
      onThreads(2) { thread in
        if thread == 0 {
          let all = Future.all(promises.map(\.future))
          all.onCompletion { _ in outcomes.raise() }
          all.wait()
        } else {
          for (index, promise) in promises.enumerated() {
            if index == round % 5 { promise.fail(Oops(index)) } else { promise.succeed(index) }
          }
        }
      }
      #expect(outcomes.value == 1)
      for promise in promises { #expect(!promise.future.hasWaiters) }
    }
  }
}

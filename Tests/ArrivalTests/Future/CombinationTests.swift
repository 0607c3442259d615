// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct AllSettledTests {
  @Test func `gives every result in the order of the futures, and waits for all`() throws {
    let promises = (0..<3).map { _ in Promise<Int>() }
    let settled = Future.allSettled(promises.map(\.future))
    promises[2].fail(Oops(2))
    promises[0].succeed(0)
    #expect(!settled.done())
    promises[1].succeed(1)
    let results = try settled.getResult()
    #expect((try? results[0].get()) == 0)
    #expect((try? results[1].get()) == 1)
    #expect(throws: Oops(2)) { try results[2].get() }
  }

  @Test func `is done at once for no futures, and accepts one future twice`() throws {
    #expect(try Future.allSettled([Future<Int>]()).getResult().isEmpty)
    let failed = Future<Int>(error: Oops(1))
    #expect(try Future.allSettled([failed, failed]).getResult().count == 2)
  }
}

@Suite struct AllOfMixedFuturesTests {
  @Test func `futures of several types give a tuple of their values`() throws {
    let number = Promise<Int>()
    let text = Promise<String>()
    let both = Future.all(number.future, text.future, Future<Bool?>(value: nil))
    number.succeed(1)
    #expect(!both.done())
    text.succeed("one")
    let (one, two, three) = try both.getResult()
    #expect(one == 1 && two == "one" && three == nil)
  }

  @Test func `the tuple fails at once with the first error`() {
    let number = Promise<Int>()
    let text = Promise<String>()
    let both = Future.all(number.future, text.future)
    text.fail(Oops(4))
    #expect(both.getException() as? Oops == Oops(4))
    #expect(!number.future.hasWaiters)
    number.succeed(1)
  }

  @Test func `an array of any futures is done when all are, or at the first error`() {
    let number = Promise<Int>()
    let text = Promise<String>()
    let mixed: [any AnyFuture] = [number.future, text.future]
    let all = Future.all(mixed)
    let failing = Future.all([number.future, Future<Bool>(error: Oops(2))])
    #expect(failing.getException() as? Oops == Oops(2))
    number.succeed(1)
    #expect(!all.done())
    text.succeed("")
    #expect(all.done() && all.getException() == nil)
  }
}

@Suite struct AnyTests {
  @Test func `gives the first value, whatever failed before, and leaves nothing registered`() throws
  {
    let promises = (0..<3).map { _ in Promise<Int>() }
    let first = Future.any(promises.map(\.future))
    promises[0].fail(Oops())
    #expect(!first.done())
    promises[2].succeed(2)
    #expect(try first.getResult() == 2)
    #expect(!promises[1].future.hasWaiters)
    promises[1].succeed(1)
    #expect(try first.getResult() == 2)
  }

  @Test func `fails when all have failed, with every error in the order of the futures`() throws {
    let promises = (0..<3).map { Promise<Int>("p\($0)") }
    let first = Future.any(promises.map(\.future))
    for index in [1, 2, 0] { promises[index].fail(Oops(index)) }
    let error = try #require(first.getException() as? AllFailed)
    #expect(error.errors.compactMap { $0 as? Oops } == [Oops(0), Oops(1), Oops(2)])
    #expect("\(error)" == "all 3 futures failed")
    let report = ErrorReport(error).format()
    for index in 0..<3 { #expect(report.contains("\"p\(index)\"")) }
  }

  @Test func `fails for no futures, with an error that says so`() {
    let error = Future.any([Future<Int>]()).getException()
    #expect(error is NoFutures)
    #expect(error.map { "\($0)".contains("Future.any was called with no futures") } == true)
    #expect(error.map { "\($0)".contains("AnyTests.swift") || "\($0)".contains(".swift:") } == true)
  }

  @Test func `takes the first value in the order given if several futures are done`() throws {
    let pending = Promise<Int>()
    let futures = [pending.future, Future(error: Oops()), Future(value: 2), Future(value: 3)]
    #expect(try Future.any(futures).getResult() == 2)
    #expect(!pending.future.hasWaiters)
    pending.succeed(0)
  }

  @Test func `gives the error of a single future in a group`() {
    let error = Future.any([Future<Int>(error: Oops(1))]).getException() as? AllFailed
    #expect(error?.errors.first as? Oops == Oops(1))
    #expect(error?.description == "the only future failed")
  }
}

@Suite struct RaceTests {
  @Test func `ends with the first to arrive, value or error`() throws {
    for failing in [false, true] {
      let promises = (0..<3).map { _ in Promise<Int>() }
      let first = Future.race(promises.map(\.future))
      if failing { promises[1].fail(Oops(1)) } else { promises[1].succeed(1) }
      for promise in promises { #expect(!promise.future.hasWaiters) }
      promises[0].succeed(0)
      promises[2].fail(Oops(2))
      if failing {
        #expect(throws: Oops(1)) { try first.getResult() }
      } else {
        #expect(try first.getResult() == 1)
      }
    }
  }

  @Test func `fails for no futures, with an error that says so`() {
    #expect((Future.race([Future<Int>]()).getException() as? NoFutures)?.operation == "race")
  }

  @Test func `gives exactly one result if many arrive at once`() throws {
    for _ in 0..<500 {
      let promises = (0..<4).map { _ in Promise<Int>() }
      let outcomes = Counter()
      let first = Future.race(promises.map(\.future))
      let value = Future.any(promises.map(\.future))
      first.onCompletion { _ in outcomes.raise() }
      value.onCompletion { _ in outcomes.raise() }
      onThreads(4) { promises[$0].succeed($0) }
      #expect(outcomes.value == 2)
      #expect((0..<4).contains(try first.getResult()))
      #expect((0..<4).contains(try value.getResult()))
    }
  }
}

@Suite struct CombiningScaleTests {
  @Test func `A million futures in each combination are linear, and freed on a flat stack`() throws
  {
    let count = 1_000_000
    let promises = (0..<count).map { _ in Promise<Int>() }
    let futures = promises.map(\.future)
    let settled = Future.allSettled(futures)
    let race = Future.race(futures)
    let any = Future.any(futures)
    let sum = Future.reduce(futures, from: 0) { $0 + $1 }
    for promise in promises { promise.succeed(1) }
    #expect(try settled.getResult().count == count)
    #expect(try race.getResult() == 1)
    #expect(try any.getResult() == 1)
    #expect(try sum.getResult() == count)
    #expect(!promises[count - 1].future.hasWaiters)
  }

  @Test func `Combinations nested 20,000 deep are helped, completed and freed`() throws {
    let promise = Promise<Int>()
    var last = promise.future
    for _ in 0..<20_000 { last = Future.race([last]) }
    let thread = PlainThread { [last] in last.wait() }
    spin { last.hasWaiters }
    promise.succeed(1)
    thread.join()
    #expect(try last.getResult() == 1)
  }

  @Test func `A pending chain of 100,000 maps can be blocked for`() throws {
    let promise = Promise<Int>()
    var last = promise.future
    for _ in 0..<100_000 { last = last.map { $0 + 1 } }
    let thread = PlainThread { [last] in last.wait() }
    spin { last.hasWaiters }
    promise.succeed(0)
    thread.join()
    #expect(try last.getResult() == 100_000)
  }

  @Test func `A blocked thread helps each combination of a lattice once`() throws {
    let promise = Promise<Int>()
    var last = promise.future
    // 2^60 ways lead from the last to the first.
    for _ in 0..<60 { last = Future.all([last, last]).map { $0[0] } }
    let thread = PlainThread { [last] in last.wait() }
    spin { last.hasWaiters }
    promise.succeed(5)
    thread.join()
    #expect(try last.getResult() == 5)
  }
}

@Suite struct CombinationBatchTests {
  /// No time limit but a year, and no executor whose quiescence would send it.
  private func batcher() -> Batcher<Int, Int> {
    Batcher<Int, Int>(configuration: .init(maxDelay: .seconds(31_000_000))) {
      (keys: [Int]) in keys.map { $0 * 2 }
    }
  }

  @Test func `A thread that blocks for a combination sends the batches below it`() throws {
    let combine: [@Sendable (Batcher<Int, Int>) throws -> Int] = [
      { try Future.all([$0.load(1), $0.load(2)]).getResult()[1] },
      { try Future.all($0.load(1), $0.load(2)).getResult().1 },
      { try Future.allSettled([$0.load(2)]).getResult()[0].get() },
      { try Future.any([$0.load(2)]).getResult() },
      { try Future.race([$0.load(2)]).getResult() },
      { try Future.reduce([$0.load(1), $0.load(2)]) { $1 }.getResult() ?? 0 },
      { try $0.load(2).timeout(after: .seconds(31_000_000)).getResult() },
      { try Future.race([Future.all([$0.load(2).map { $0 }])]).getResult()[0] },
    ]
    for combined in combine {
      let batcher = batcher()
      #expect(try onThread { try combined(batcher) } == 4)
      #expect(batcher.statistics().reasons == [.blockedThread: 1])
    }
  }
}

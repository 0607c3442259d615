// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct WaitAnyTests {
  @Test func `waitAny of no futures is nil and runs no work`() async {
    let manual = ManualExecutor()
    let work = Future(on: manual.executor) { 1 }
    let none: [Future<Int>] = []
    let mixed: [any AnyFuture] = []
    func block() {
      #expect(Future.waitAny(none) == nil)
      #expect(Future.waitAny(mixed) == nil)
    }
    block()
    #expect(await Future.waitAny(none) == nil)
    #expect(await Future.waitAny(mixed) == nil)
    #expect(!work.done())
    #expect(manual.executor.statistics().jobs == 0)
    manual.run()
  }

  @Test func `waitAny of several done futures gives the first in the order given`() async {
    let pending = Promise<Int>()
    let futures = [pending.future, Future(value: 1), Future(error: Oops()), Future(value: 2)]
    func block() { #expect(Future.waitAny(futures) === futures[1]) }
    block()
    #expect(await Future.waitAny(futures) === futures[1])
    #expect(await Future.waitAny([futures[2], futures[1]]) === futures[2])
    #expect(!pending.future.hasWaiters)
    pending.succeed(1)
  }

  @Test func `A literal of futures of one type gives a future of that type`() async throws {
    let (one, two) = (Future(value: 1), Future(value: 2))
    // That it compiles is most of the test.
    func block() throws { #expect(try Future.waitAny([one, two])?.getResult() == 1) }
    try block()
    #expect(try await Future.waitAny([two, one])?.getResult() == 2)
    let text = Future(value: "text")
    #expect(await Future.waitAny([text, one]) === text)
  }

  @Test func `waitAny gives the first to arrive, and leaves nothing registered with the others`()
    async
  {
    let promises = (0..<5).map { _ in Promise<Int>() }
    let futures = promises.map(\.future)
    async let first = Future.waitAny(futures)
    await yield { futures.allSatisfy(\.hasWaiters) }
    promises[3].succeed(3)
    promises[0].succeed(0)
    #expect(await first === futures[3])
    #expect(!futures.contains { $0.hasWaiters })
    for promise in promises { promise.succeed(9) }
  }

  @Test
  func `A blocked thread gets the first to arrive, and leaves nothing registered with the others`()
  {
    let promises = (0..<5).map { _ in Promise<Int>() }
    let futures = promises.map(\.future)
    let answer = Log<Bool>()
    let thread = PlainThread { answer.append(Future.waitAny(futures) === futures[2]) }
    spin { futures.allSatisfy(\.hasWaiters) }
    promises[2].fail(Oops())
    promises[1].succeed(1)
    thread.join()
    #expect(answer.all == [true])
    #expect(!futures.contains { $0.hasWaiters })
    for promise in promises { promise.succeed(9) }
  }

  @Test func `Repeated calls without the winner give the order of completion`() {
    let manual = ManualExecutor()
    let delays = [5, 1, 4, 2, 3]
    let naps = delays.map { delay in
      Future(on: manual.executor) {
        try await Future.sleep(for: .seconds(delay)).value
        if delay == 2 { throw Oops(2) }
        return delay
      }
    }
    let order = Log<Int>()
    let drain = Future(on: manual.executor) {
      var rest = Array(zip(delays, naps))
      while let winner = await Future.waitAny(rest.map(\.1)) {
        let index = rest.firstIndex { $0.1 === winner }!
        order.append(rest.remove(at: index).0)
      }
    }
    for _ in 0..<5 { manual.advance(by: .seconds(1)) }
    #expect(drain.done())
    #expect(order.all == [1, 2, 3, 4, 5])
  }

  @Test func `A blocked wait for any inside a manual tasklet runs the rest`() throws {
    let manual = ManualExecutor()
    let slow = Promise<Int>()
    let fast = Future(on: manual.executor) { 1 }
    let outer = Future(on: manual.executor) {
      func block() -> Bool { Future.waitAny([slow.future, fast]) === fast }
      return block()
    }
    manual.run()
    #expect(try outer.getResult())
    #expect(!slow.future.hasWaiters)
    slow.succeed(1)
  }

  @Test func `waitAny accepts single-pass sequences and duplicates`() async {
    let promise = Promise<Int>()
    let future = promise.future
    async let any = Future.waitAny(onePass([future, future, future]))
    async let all: Void = Future.waitAll(onePass([future, future, future]))
    await yield { future.hasWaiters }
    promise.succeed(1)
    #expect(await any === future)
    await all
    func block() {
      #expect(Future.waitAny(onePass([future, future])) === future)
      Future.waitAll(onePass([future, future]))
    }
    block()
    #expect(!future.hasWaiters)
  }

  @Test func `A mixed array and a pack of futures may have different values`() async {
    let number = Promise<Int>()
    let text = Promise<String>()
    async let array = Future.waitAny([number.future, text.future] as [any AnyFuture])
    async let pack = Future.waitAny(number.future, text.future)
    await yield { number.future.hasWaiters && text.future.hasWaiters }
    text.succeed("x")
    #expect(await array === text.future)
    #expect(await pack === text.future)
    func block() {
      #expect(Future.waitAny([number.future, text.future]) === text.future)
      #expect(Future.waitAny(number.future, text.future) === text.future)
    }
    block()
    #expect(!number.future.hasWaiters)
    number.succeed(1)
  }

  @Test func `waitAny over 100,000 takes linear time and no stack`() {
    func time(_ count: Int) -> Duration {
      let promises = (0..<count).map { _ in Promise<Int>() }
      let futures = promises.map(\.future)
      return measured {
        let manual = ManualExecutor()
        let first = Future(on: manual.executor) { await Future.waitAny(futures) === futures.last }
        manual.run()
        promises[count - 1].succeed(1)
        manual.run()
        #expect((try? first.getResult()) == true)
      }
    }
    _ = time(1_000)
    let few = (0..<3).map { _ in time(10_000) }.min()!
    let many = time(100_000)
    #expect(many < few * 50)
  }

  @Test func `Many threads that call waitAny all get a done future`() {
    for _ in 0..<100 {
      let promises = (0..<4).map { _ in Promise<Int>() }
      let futures = promises.map(\.future)
      let wrong = Counter()
      onThreads(6) { index in
        if index < 4 {
          promises[index].succeed(index)
        } else if Future.waitAny(futures)?.done() != true {
          wrong.raise()
        }
      }
      #expect(wrong.value == 0)
      #expect(!futures.contains { $0.hasWaiters })
    }
  }
}

/// A sequence that can be gone through once.
func onePass<Element>(_ elements: [Element]) -> some Sequence<Element> {
  var rest = elements[...]
  return AnyIterator { rest.popFirst() }
}

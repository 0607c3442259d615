// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@Suite struct PromiseTests {
  @Test func `The first completion wins, in all four combinations`() {
    typealias Step = @Sendable (Promise<Int>, Int) -> Bool
    let succeed: Step = { promise, number in promise.succeed(number) }
    let fail: Step = { promise, number in promise.fail(Oops(number)) }
    for (first, isValue) in [(succeed, true), (fail, false)] {
      for second in [succeed, fail] {
        let promise = Promise<Int>()
        #expect(first(promise, 1))
        let traceback = promise.future.getTraceback()
        #expect(!second(promise, 2))
        #expect(promise.future.done())
        #expect((try? promise.future.getResult()) == (isValue ? 1 : nil))
        #expect(promise.future.getException() as? Oops == (isValue ? nil : Oops(1)))
        #expect(promise.future.getTraceback() == traceback)
      }
    }
  }

  @Test func `A promise can be completed with a result`() throws {
    let good = Promise<Int>()
    #expect(good.complete(.success(1)))
    #expect(!good.complete(.failure(Oops())))
    #expect(try good.future.getResult() == 1)
    let bad = Promise<Int>()
    #expect(bad.complete(.failure(Oops(2))))
    let line = #line - 1
    #expect(!bad.complete(.success(1)))
    #expect(bad.future.getException() as? Oops == Oops(2))
    #expect(bad.future.getTraceback()?.frames.last?.line == line)
  }

  @Test func `A dropped promise fails its future and names the creation site`() throws {
    var promise: Promise<Int>? = Promise("lost")
    let line = #line - 1
    let future = promise!.future
    #expect(!future.done())
    promise = nil
    let error = try #require(future.getException() as? BrokenPromise)
    #expect(error.name == "lost")
    #expect(error.creationSite.line == line)
    #expect(error.description.contains("\"lost\""))
    #expect(error.description.contains("\(#fileID):\(line)"))
  }

  @Test func `Dropping a promise wakes its waiters`() async throws {
    var promise: Promise<Int>? = Promise()
    let future = promise!.future
    async let error = future.getException()
    await yield { future.hasWaiters }
    promise = nil
    #expect(await error is BrokenPromise)
  }

  @Test func `Dropping a completed promise changes nothing`() throws {
    var promise: Promise<Int>? = Promise()
    let future = promise!.future
    promise!.succeed(5)
    promise = nil
    #expect(try future.getResult() == 5)
  }

  @Test func `Exactly one of many threads that complete a promise wins`() throws {
    for _ in 0..<200 {
      let promise = Promise<Int>()
      let winners = Log<Int>()
      let losers = Counter()
      onThreads(4) { index in
        let won = index % 2 == 0 ? promise.succeed(index) : promise.fail(Oops(index))
        if won { winners.append(index) } else { losers.raise() }
      }
      try #require(winners.count == 1)
      #expect(losers.value == 3)
      switch (winners.all[0], promise.future.getException()) {
      case (let winner, nil): #expect(try promise.future.getResult() == winner)
      case (let winner, let error?): #expect(error as? Oops == Oops(winner))
      }
    }
  }

  @Test func `A promise without waiters is freed with its future`() {
    weak var promise: Promise<Int>?
    weak var future: Future<Int>?
    do {
      let made = Promise<Int>()
      promise = made
      future = made.future
      made.future.onCompletion { _ in }
    }
    #expect(promise == nil)
    #expect(future == nil)
  }
}

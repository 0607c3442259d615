// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct CallbackTests {
  @Test func `Callbacks run in the order of registration, once each`() {
    let promise = Promise<Int>()
    let log = Log<String>()
    for name in ["a", "b", "c"] {
      promise.future.onCompletion { log.append("\(name) \((try? $0.get()) ?? -1)") }
    }
    #expect(log.all.isEmpty)
    promise.succeed(1)
    promise.succeed(2)
    #expect(log.all == ["a 1", "b 1", "c 1"])
  }

  @Test func `A callback registered after completion runs at once`() {
    let log = Log<Int>()
    let future = Future(value: 1)
    future.onCompletion { _ in log.append(1) }
    #expect(log.all == [1])
    future.onCompletion { _ in log.append(2) }
    #expect(log.all == [1, 2])
  }

  @Test func `A failure reaches callbacks, early and late`() {
    let error = Unique()
    let promise = Promise<Int>()
    let log = Log<Bool>()
    promise.future.onCompletion { log.append($0.failure as? Unique === error) }
    promise.fail(error)
    promise.future.onCompletion { log.append($0.failure as? Unique === error) }
    #expect(log.all == [true, true])
  }

  @Test func `A callback registered inside a callback runs after the earlier ones`() {
    let promise = Promise<Int>()
    let future = promise.future
    let log = Log<String>()
    future.onCompletion { _ in
      log.append("1 begins")
      future.onCompletion { _ in
        log.append("inner")
        future.onCompletion { _ in log.append("innermost") }
      }
      log.append("1 ends")
    }
    future.onCompletion { _ in log.append("2") }
    promise.succeed(1)
    #expect(log.all == ["1 begins", "1 ends", "2", "inner", "innermost"])
  }

  @Test func `A callback inside a late callback runs too`() {
    let log = Log<Int>()
    let future = Future(value: 1)
    future.onCompletion { _ in future.onCompletion { _ in log.append(2) } }
    #expect(log.all == [2])
  }

  @Test func `A thread that a callback wakes sees the future done`() {
    let promise = Promise<Int>()
    let log = Log<Bool>()
    promise.future.onCompletion { [future = promise.future] _ in
      log.append(future.done())
      log.append(future.getException() == nil)
      log.append(!promise.succeed(2))
    }
    promise.succeed(1)
    #expect(log.all == [true, true, true])
  }

  @Test func `A callback frees what it held after it ran`() {
    weak var held: Unique?
    let promise = Promise<Int>()
    do {
      let object = Unique()
      held = object
      promise.future.onCompletion { _ in withExtendedLifetime(object) {} }
    }
    #expect(held != nil)
    promise.succeed(1)
    #expect(held == nil)
  }

  @Test func `10,000 callbacks run in order, in linear time`() {
    func time(_ count: Int) -> Duration {
      let promise = Promise<Int>()
      let log = Log<Int>()
      let duration = measured {
        for number in 0..<count { promise.future.onCompletion { _ in log.append(number) } }
        promise.succeed(1)
      }
      #expect(log.all == Array(0..<count))
      return duration
    }
    _ = time(1_000)
    let few = (0..<5).map { _ in time(1_000) }.min()!
    let many = (0..<5).map { _ in time(10_000) }.min()!
    // Ten times the work; quadratic would be a hundred times the time.
    #expect(many < few * 50)
  }

  @Test func `100,000 futures that each complete the next do not grow the stack`() {
    let promises = (0..<100_000).map { _ in Promise<Int>() }
    for (this, next) in zip(promises, promises.dropFirst()) {
      this.future.onCompletion { if case .success(let number) = $0 { next.succeed(number + 1) } }
    }
    promises[0].succeed(0)
    #expect((try? promises.last?.future.getResult()) == 99_999)
  }

  @Test func `100,000 promises that each hold the next break without growing the stack`() {
    var last: Future<Int>?
    var next: Promise<Int>?
    for _ in 0..<100_000 {
      let promise = Promise<Int>()
      if last == nil { last = promise.future }
      if let next { promise.future.onCompletion { _ in withExtendedLifetime(next) {} } }
      next = promise
    }
    next = nil
    #expect(last?.getException() is BrokenPromise)
  }

  @Test func `Callbacks of another future wait for the callback that completes it`() {
    let first = Promise<Int>()
    let second = Promise<Int>()
    let log = Log<String>()
    second.future.onCompletion { _ in log.append("second") }
    first.future.onCompletion { _ in
      second.succeed(1)
      log.append("first")
    }
    first.succeed(1)
    #expect(log.all == ["first", "second"])
  }
}

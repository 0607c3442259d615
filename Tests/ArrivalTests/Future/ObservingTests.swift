// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

@Suite struct ObservingTests {
  // MARK: The outcome

  @Test func `The outcome is nil, then the value or the error`() throws {
    let promise = Promise<Int>()
    #expect(promise.future.outcome == nil)
    promise.succeed(7)
    #expect(try promise.future.outcome?.get() == 7)
    let failed = Future<Int>(error: Oops(1))
    #expect(throws: Oops(1)) { try failed.outcome?.get() }
  }

  @Test func `An outcome that is nil is told from a pending future`() throws {
    let future = Future<Int?>(value: nil)
    #expect(try future.outcome?.get() == .some(nil))
  }

  @Test func `Asking for the outcome starts nothing`() {
    let manual = ManualExecutor()
    let runs = Counter()
    let future = Future(on: manual.executor) { runs.raise() }
    #expect(future.outcome == nil && runs.value == 0)
    manual.run()
    #expect(future.outcome != nil)
  }

  // MARK: Always

  @Test func `The body of always runs before the new future is done`() throws {
    let promise = Promise<Int>()
    let log = Log<String>()
    let always = promise.future.always { log.append("body \((try? $0.get()) ?? 0)") }
    always.onCompletion { _ in log.append("callback") }
    #expect(!always.done())
    promise.succeed(7)
    #expect(try always.getResult() == 7)
    #expect(log.all == ["body 7", "callback"])
  }

  @Test func `The body of always gets the error, which goes on with its traceback`() throws {
    let promise = Promise<Int>("origin")
    let errors = Log<any Error>()
    let always = promise.future.always { if case .failure(let error) = $0 { errors.append(error) } }
    promise.fail(Oops(2))
    #expect(always.getException() as? Oops == Oops(2))
    #expect(errors.all as? [Oops] == [Oops(2)])
    #expect(always.getTraceback()?.format().contains("origin") ?? false)
  }

  @Test func `The body of always runs once if the new future is cancelled first`() {
    let promise = Promise<Int>()
    let errors = Log<any Error>()
    let always = promise.future.always { if case .failure(let error) = $0 { errors.append(error) } }
    always.cancel()
    #expect(errors.count == 1 && errors.all[0] is CancellationError)
    #expect(!promise.future.hasWaiters)
    promise.succeed(1)
    #expect(errors.count == 1)
  }

  // MARK: Cascading

  @Test func `A result cascades to a promise`() throws {
    let origin = Promise<Int>()
    let target = Promise<Int>()
    origin.future.cascade(to: target)
    origin.succeed(7)
    #expect(try target.future.getResult() == 7)
  }

  @Test func `An error cascades with its traceback`() {
    let origin = Promise<Int>("origin")
    let target = Promise<Int>("target")
    origin.future.cascade(to: target)
    origin.fail(Oops(3))
    #expect(target.future.getException() as? Oops == Oops(3))
    #expect(target.future.getTraceback()?.format().contains("origin") ?? false)
  }

  @Test func `A promise that is done drops what cascades to it`() throws {
    let origin = Promise<Int>()
    let target = Promise<Int>()
    origin.future.cascade(to: target)
    target.succeed(1)
    origin.succeed(2)
    #expect(try target.future.getResult() == 1)
  }

  @Test func `A future holds the promise that it cascades to`() throws {
    let origin = Promise<Int>()
    func cascade() -> Future<Int> {
      let target = Promise<Int>()
      origin.future.cascade(to: target)
      return target.future
    }
    let future = cascade()
    origin.succeed(7)
    #expect(try future.getResult() == 7)
  }

  @Test func `Cancelling a promise's future abandons what cascades to it`() {
    let origin = Promise<Int>()
    let target = Promise<Int>()
    let count = Counter()
    origin.onCancel { count.raise() }
    origin.future.map { $0 + 1 }.cascade(to: target)
    target.future.cancel()
    #expect(count.value == 1 && !origin.future.hasWaiters)
    origin.succeed(1)
  }

  // MARK: Cancellation of a promise

  @Test func `A promise learns that its future was cancelled`() {
    let promise = Promise<Int>()
    let count = Counter()
    promise.onCancel { count.raise() }
    promise.onCancel { count.raise() }
    promise.future.cancel()
    promise.future.cancel()
    #expect(count.value == 2 && promise.future.isCancelled)
    promise.onCancel { count.raise() }
    #expect(count.value == 3)
  }

  @Test func `A promise learns that its last waiter was cancelled`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let count = Counter()
    promise.onCancel { count.raise() }
    let waiters = (0..<2).map { _ in Future(on: manual.executor) { try await promise.future.value }
    }
    manual.run()
    waiters[0].cancel()
    manual.run()
    #expect(count.value == 0)
    waiters[1].cancel()
    manual.run()
    #expect(count.value == 1 && !promise.future.done())
    promise.succeed(1)
    #expect(count.value == 1)
  }

  @Test func `A promise learns of a cancellation through derived futures`() {
    let promise = Promise<Int>()
    let count = Counter()
    promise.onCancel { count.raise() }
    let all = Future.all([promise.future.map { $0 + 1 }.always { _ in }])
    all.cancel()
    #expect(count.value == 1)
  }

  @Test func `A promise that was completed is told of no cancellation`() {
    let promise = Promise<Int>()
    let count = Counter()
    promise.onCancel { count.raise() }
    promise.succeed(1)
    promise.future.cancel()
    promise.onCancel { count.raise() }
    #expect(count.value == 0)
  }

  // MARK: Asynchronous recovery

  @Test func `An error is recovered by another future`() throws {
    let promise = Promise<Int>()
    let backup = Promise<Int>()
    let recovered = promise.future.recover { _ in backup.future }
    promise.fail(Oops())
    #expect(!recovered.done())
    backup.succeed(7)
    #expect(try recovered.getResult() == 7)
    #expect(try Future(value: 1).recover { _ in backup.future }.getResult() == 1)
  }

  @Test func `The error of the recovering future arrives, and cancelling abandons it`() {
    let failed = Future<Int>(error: Oops(1)).recover { _ in Future(error: Oops(2)) }
    #expect(failed.getException() as? Oops == Oops(2))
    let backup = Promise<Int>()
    let count = Counter()
    backup.onCancel { count.raise() }
    let recovered = Future<Int>(error: Oops(1)).recover { _ in backup.future }
    recovered.cancel()
    #expect(count.value == 1)
  }

  @Test func `A recovery that waits for itself is a deadlock`() {
    let own = Weak<Future<Int>>()
    let promise = Promise<Int>()
    let recovered = promise.future.recover { _ in own.object! }
    own.object = recovered
    let waiting = Future { try await recovered.value }
    while !recovered.hasWaiters {}
    promise.fail(Oops())
    #expect(waiting.getException() is DeadlockError)
  }

  @Test func `A recovery that only throws gives a value of the same type`() {
    let failed = Future<Int>(error: Oops(1)).recover { _ in throw Oops(2) }
    #expect(failed.getException() as? Oops == Oops(2))
  }

  // MARK: Names and types

  @Test func `Combined futures have names`() {
    let futures = [Future(value: 1), Future(value: 2)]
    let names = [
      Future.all(futures, name: "a").name, Future.allSettled(futures, name: "b").name,
      Future.any(futures, name: "c").name, Future.race(futures, name: "d").name,
      Future.reduce(futures, name: "e", { $0 + $1 }).name,
      Future.reduce(futures, from: 0, name: "f", { $0 + $1 }).name,
      Future.all(Future(value: 1), Future(value: "x"), name: "g").name,
      Future.any([Future<Int>](), name: "h").name,
    ]
    #expect(names == ["a", "b", "c", "d", "e", "f", "g", "h"])
  }

  @Test func `Combinations take the type from the call or from the context`() throws {
    #expect(Future<Int>.any([]).getException() is NoFutures)
    #expect(Future<Int>.race([]).getException() is NoFutures)
    #expect(try Future<Int>.all([]).getResult() == [])
    #expect(Future<Int>.waitAny([]) == nil)
    Future<Int>.waitAll([])
    let any: Future<Int> = .any([Future(value: 1)])
    let sleep: Future<Void> = .sleep(for: .zero)
    #expect(try Future.all(Future<Void>.sleep(for: .zero), sleep, any).getResult().2 == 1)
  }
}

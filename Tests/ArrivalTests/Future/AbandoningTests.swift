// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// What happens to an operation when its waiters are cancelled.
@Suite struct AbandoningTests {
  /// An operation that notes whether it was cancelled.
  private final class Operation: Sendable {
    let gate = Promise<Void>()
    let log = Log<String>()

    func run() async throws -> Int {
      do { try await gate.future.value } catch {
        log.append("cancelled")
        throw error
      }
      log.append("finished")
      return 1
    }
  }

  @Test func `A future that only the cancelled tasklet holds is cancelled with it`() {
    let manual = ManualExecutor()
    let operation = Operation()
    let outer = Future(on: manual.executor) {
      try await Future("inner") { try await operation.run() }.value
    }
    manual.run()
    outer.cancel()
    manual.run()
    #expect(outer.isCancelled)
    #expect(operation.log.all == ["cancelled"])
    #expect(manual.executor.statistics().pendingTasklets == 0)
  }

  @Test func `A cancellation reaches all tasklets that wait for each other`() {
    let manual = ManualExecutor()
    let operation = Operation()
    @Sendable func nest(_ depth: Int) async throws -> Int {
      if depth == 0 { return try await operation.run() }
      return try await Future { try await nest(depth - 1) }.value
    }
    let outer = Future(on: manual.executor) { try await nest(200) }
    manual.run()
    outer.cancel()
    manual.run()
    #expect(outer.isCancelled)
    #expect(operation.log.all == ["cancelled"])
    #expect(manual.executor.statistics().pendingTasklets == 0)
  }

  @Test func `A cancellation passes through combinations, derived futures and time limits`() {
    let never = Promise<Int>()
    let waits: [@Sendable (Future<Int>) async throws -> Int] = [
      { try await $0.map { $0 }.value },
      { future in try await Future(value: 1).flatMap { _ in future }.value },
      { try await $0.recover { _ in 1 }.map { $0 }.value },
      { try await $0.timeout(after: .seconds(100)).value },
      { try await $0.getResult(within: .seconds(100)) },
      { try await Future.all([$0]).value[0] },
      { try await Future.all($0, never.future).value.0 },
      { try await Future.allSettled([$0]).value[0].get() },
      { try await Future.any([$0]).value },
      { try await Future.race([$0]).value },
      { try await Future.reduce([$0]) { $1 }.value ?? 0 },
      { future in try await Future.reduce([Future(value: 1)], from: 0) { _, _ in future }.value },
      {
        for try await future in Future.asCompleted([$0]) { return try await future.value }
        return 0
      },
      { try await Future.race([Future.all([$0.map { $0 }])]).value[0] },
    ]
    for (number, wait) in waits.enumerated() {
      let manual = ManualExecutor()
      let operation = Operation()
      let outer = Future(on: manual.executor) {
        try await wait(Future { try await operation.run() })
      }
      manual.run()
      outer.cancel()
      manual.run()
      #expect(outer.isCancelled, "\(number)")
      #expect(operation.log.all == ["cancelled"], "\(number)")
      #expect(manual.executor.statistics().timers == 0, "\(number)")
      #expect(!never.future.hasWaiters)
    }
    never.succeed(0)
  }

  @Test func `An abandoned future that something else holds goes on`() throws {
    let manual = ManualExecutor()
    let operation = Operation()
    let inner = Future(on: manual.executor) { try await operation.run() }
    let outer = Future(on: manual.executor) { try await inner.value }
    let combined = Future(on: manual.executor) { try await Future.all([inner]).value[0] }
    manual.run()
    outer.cancel()
    combined.cancel()
    manual.run()
    #expect(outer.isCancelled && combined.isCancelled)
    #expect(!inner.done())
    #expect(!inner.hasWaiters)
    operation.gate.succeed()
    manual.run()
    #expect(try inner.getResult() == 1)
  }

  @Test func `A future that another task waits for goes on`() throws {
    let manual = ManualExecutor()
    let operation = Operation()
    var inner: Future<Int>? = Future(on: manual.executor) { try await operation.run() }
    let tasklets = (0..<2).map { [inner] _ in
      Future(on: manual.executor) { try await inner!.value }
    }
    manual.run()
    inner = nil
    tasklets[0].cancel()
    manual.run()
    #expect(tasklets[0].isCancelled && !tasklets[1].done())
    operation.gate.succeed()
    manual.run()
    #expect(try tasklets[1].getResult() == 1)
  }

  @Test func `An abandoned future goes on for a callback registered later`() {
    let manual = ManualExecutor()
    let operation = Operation()
    var inner: Future<Int>? = Future(on: manual.executor) { try await operation.run() }
    let outer = Future(on: manual.executor) { [inner] in try await inner!.value }
    let seen = Log<Int>()
    manual.run()
    outer.cancel()
    manual.run()
    inner?.onCompletion { seen.append((try? $0.get()) ?? -1) }
    inner = nil
    operation.gate.succeed()
    manual.run()
    #expect(seen.all == [1])
  }

  @Test func `Dropping a future without a waiter cancels nothing`() {
    let manual = ManualExecutor()
    let operation = Operation()
    _ = Future(on: manual.executor) { try await operation.run() }
    manual.run()
    operation.gate.succeed()
    manual.run()
    #expect(operation.log.all == ["finished"])
  }

  @Test func `A wait that ends at its time limit cancels nothing`() {
    let manual = ManualExecutor()
    let operation = Operation()
    let outer = Future(on: manual.executor) {
      try await Future { try await operation.run() }.getResult(within: .seconds(1))
    }
    manual.advance(by: .seconds(1))
    #expect(outer.getException() is TimeoutError)
    operation.gate.succeed()
    manual.run()
    #expect(operation.log.all == ["finished"])
  }

  @Test func `The losers of a race and the rest of a failed all go on`() {
    let manual = ManualExecutor()
    let operations = (0..<2).map { _ in Operation() }
    let winner = Future.race([
      Future(on: manual.executor) { try await operations[0].run() }, Future(value: 7),
    ])
    let failed = Future.all([
      Future(on: manual.executor) { try await operations[1].run() }, Future(error: Oops()),
    ])
    manual.run()
    #expect(winner.done() && failed.getException() is Oops)
    for operation in operations { operation.gate.succeed() }
    manual.run()
    for operation in operations { #expect(operation.log.all == ["finished"]) }
  }

  @Test func `Cancelling a combination cancels the futures that nothing else holds`() throws {
    let manual = ManualExecutor()
    let kept = Operation()
    let dropped = Operation()
    let held = Future(on: manual.executor) { try await kept.run() }
    let all = Future.all([held, Future(on: manual.executor) { try await dropped.run() }])
    manual.run()
    all.cancel()
    #expect(all.isCancelled)
    manual.run()
    #expect(dropped.log.all == ["cancelled"])
    #expect(!held.done())
    kept.gate.succeed()
    manual.run()
    #expect(try held.getResult() == 1)
  }

  @Test func `The value or error of an abandoned tasklet is dropped`() {
    let manual = ManualExecutor()
    let gate = Promise<Void>()
    let outer = Future(on: manual.executor) {
      try await Future {
        await gate.future.wait()
        throw Oops()
      }.value
    }
    manual.run()
    outer.cancel()
    manual.run()
    #expect(outer.isCancelled)
    #expect(manual.executor.statistics().pendingTasklets == 1)
    gate.succeed()
    manual.run()
    #expect(manual.executor.statistics().pendingTasklets == 0)
  }

  @Test func `A chain of 20,000 derived futures is dropped on a flat stack`() {
    let manual = ManualExecutor()
    let operation = Operation()
    let outer = Future(on: manual.executor) {
      var last = Future { try await operation.run() }
      for _ in 0..<20_000 { last = last.map { $0 + 1 } }
      return try await last.value
    }
    manual.run()
    outer.cancel()
    manual.run()
    #expect(outer.isCancelled)
    // A dump that another test makes just now holds what it looks at a little longer.
    spin {
      manual.run()
      return operation.log.count > 0
    }
    #expect(operation.log.all == ["cancelled"])
  }

  @Test func `Abandoning, holding on and finishing race without harm`() async {
    for round in 0..<1_000 {
      let gate = Promise<Void>()
      let ended = Counter()
      let called = Counter()
      let outer = Future {
        let inner = Future {
          defer { ended.raise() }
          try await gate.future.value
        }
        if round % 3 == 0 { inner.onCompletion { _ in called.raise() } }
        try await inner.value
      }
      if round % 2 == 0 { await Task.yield() }
      async let succeeded = gate.succeed()
      outer.cancel()
      _ = await succeeded
      await outer.wait()
      await yield { ended.value == 1 || outer.isCancelled }
      if round % 3 == 0, ended.value == 1 { await yield { called.value == 1 } }
    }
  }
}

@Suite struct CancelsWhenUnobservedTests {
  @Test func `Such a tasklet is cancelled with its last waiter, although its future is held`()
    throws
  {
    let manual = ManualExecutor()
    let gate = Promise<Void>()
    let inner = Future(on: manual.executor, cancelsWhenUnobserved: true) {
      try await gate.future.value
    }
    let tasklets = (0..<3).map { _ in Future(on: manual.executor) { try await inner.value } }
    manual.run()
    for tasklet in tasklets.dropLast() {
      tasklet.cancel()
      manual.run()
      #expect(tasklet.isCancelled && !inner.done())
    }
    tasklets[2].cancel()
    manual.run()
    #expect(inner.isCancelled)
  }

  @Test func `Such a tasklet goes on while a callback is registered`() throws {
    let manual = ManualExecutor()
    let gate = Promise<Void>()
    let inner = Future(on: manual.executor, cancelsWhenUnobserved: true) {
      try await gate.future.value
    }
    let called = Counter()
    inner.onCompletion { _ in called.raise() }
    let tasklet = Future(on: manual.executor) { try await inner.value }
    manual.run()
    tasklet.cancel()
    manual.run()
    #expect(tasklet.isCancelled && !inner.done())
    gate.succeed()
    manual.run()
    #expect(called.value == 1 && inner.getException() == nil)
  }

  @Test func `Such a tasklet is cancelled when its future is dropped, with a waiter or without`() {
    let manual = ManualExecutor()
    let log = Log<String>()
    let gate = Promise<Void>()
    @Sendable func operation() async throws {
      do { try await gate.future.value } catch { log.append("\(error is CancellationError)") }
    }
    var dropped: Future<Void>? = Future(on: manual.executor, cancelsWhenUnobserved: true) {
      try await operation()
    }
    manual.run()
    #expect(dropped?.done() == false)
    dropped = nil
    manual.run()
    #expect(log.all == ["true"])
    // A time limit is no cancellation, but then nobody holds the future.
    let limited = Future(on: manual.executor) {
      try await Future(cancelsWhenUnobserved: true) { try await operation() }
        .getResult(within: .seconds(1))
    }
    manual.advance(by: .seconds(1))
    #expect(limited.getException() is TimeoutError)
    manual.run()
    #expect(log.all == ["true", "true"])
  }

  @Test func `Such a tasklet ends like any other if a waiter stays to the end`() throws {
    let future = Future(cancelsWhenUnobserved: true) { 7 }
    #expect(try future.getResult() == 7)
    #expect(!future.isCancelled)
  }

  @Test func `The losers of a race that nothing holds are cancelled`() {
    let manual = ManualExecutor()
    let gate = Promise<Void>()
    let log = Log<Bool>()
    let race = Future.race([
      Future(on: manual.executor, cancelsWhenUnobserved: true) {
        do { try await gate.future.value } catch { log.append(error is CancellationError) }
      }, Future.sleep(for: .seconds(1), on: manual.executor),
    ])
    manual.advance(by: .seconds(1))
    #expect(race.done())
    manual.run()
    #expect(log.all == [true])
  }
}

// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct CombinationDeadlockTests {
  /// A tasklet that waits for `combine` of futures of tasklets that wait for it.
  private func outcome(
    of combine: @escaping @Sendable ([Future<Int>]) async throws -> Int, others: [Future<Int>] = []
  ) -> (ManualExecutor, Future<Int>) {
    let manual = ManualExecutor()
    let itself = Promise<Future<Int>>()
    let stuck = (0..<2).map { _ in
      Future("stuck", on: manual.executor) { try await itself.future.value.value }
    }
    let loop = Future("loop", on: manual.executor) { try await combine(stuck + others) }
    itself.succeed(loop)
    manual.run()
    return (manual, loop)
  }

  @Test func `A ring through each combination is found`() {
    let combinations: [@Sendable ([Future<Int>]) async throws -> Int] = [
      { try await Future.all($0).value[0] },
      { try await Future.all($0[0], $0[1]).value.0 },
      { try await Future.any($0).value },
      { try await Future.race($0).value },
      { try await Future.reduce($0) { $0 + $1 }.value ?? 0 },
      {
        try await Future.reduce([Future(value: 1), Future(value: 2)]) { [first = $0[0]] _, _ in
          first
        }.value ?? 0
      },
      {
        for try await future in Future.asCompleted($0) { return try await future.value }
        return 0
      },
    ]
    for combine in combinations {
      let (_, loop) = outcome(of: combine)
      let error = loop.getException()
      #expect(loop.done())
      #expect(error is DeadlockError || (error as? AllFailed)?.errors.first is DeadlockError)
    }
  }

  @Test func `allSettled in a ring settles with the deadlock as a result`() throws {
    let (_, loop) = outcome { futures in
      try await Future.allSettled(futures).value.map { try $0.get() }[0]
    }
    #expect(loop.done())
    #expect(loop.getException() is DeadlockError)
  }

  @Test func `any, race and asCompleted raise no false alarm while one future can arrive`() throws {
    let combinations: [@Sendable ([Future<Int>]) async throws -> Int] = [
      { try await Future.any($0).value },
      { try await Future.race($0).value },
      {
        for try await future in Future.asCompleted($0) { return try await future.value }
        return 0
      },
      { try await $0[0].timeout(after: .seconds(5)).recover { _ in 7 }.value },
    ]
    for combine in combinations {
      let promise = Promise<Int>()
      let (manual, loop) = outcome(of: combine, others: [promise.future])
      #expect(!loop.done())
      promise.succeed(7)
      manual.advance(by: .seconds(5))
      #expect(try loop.getResult() == 7)
    }
  }

  @Test func `A ring that is left when the others have failed is found`() {
    let combinations: [@Sendable ([Future<Int>]) async throws -> Int] = [
      { try await Future.any($0).value },
      {
        for try await future in Future.asCompleted($0) {
          if await future.getException() == nil { return 1 }
        }
        return 0
      },
    ]
    for combine in combinations {
      let promise = Promise<Int>()
      let (manual, loop) = outcome(of: combine, others: [promise.future])
      #expect(!loop.done())
      promise.fail(Oops(1))
      manual.run()
      #expect(loop.done())
    }
  }
}

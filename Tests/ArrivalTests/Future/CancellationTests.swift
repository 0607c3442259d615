// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@Suite struct CancellationTests {
  @Test func `Cancelling a promise's future ends it at once, and later results are dropped`() {
    let promise = Promise<Int>()
    promise.future.cancel()
    #expect(promise.future.done())
    #expect(promise.future.isCancelled)
    #expect(throws: CancellationError.self) { try promise.future.getResult() }
    #expect(!promise.succeed(1))
    #expect(!promise.fail(Oops()))
    #expect(promise.future.isCancelled)
  }

  @Test func `Cancelling a done future changes nothing`() throws {
    let future = Future(value: 1)
    future.cancel()
    #expect(!future.isCancelled)
    #expect(try future.getResult() == 1)
    let failed = Future<Int>(error: Oops(1))
    failed.cancel()
    #expect(!failed.isCancelled)
    #expect(failed.getException() as? Oops == Oops(1))
  }

  @Test func `A cancelled task stops waiting, and the future goes on`() async throws {
    let promise = Promise<Int>()
    let future = promise.future
    let waits: [@Sendable () async throws -> Void] = [
      { _ = try await future.getResult() },
      { try await future.checkSuccess() },
      { _ = try await future.value },
      { _ = try await future.getResult(within: .seconds(1 << 40)) },
    ]
    for wait in waits {
      let task = Task { try await wait() }
      await yield { future.hasWaiters }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(!future.hasWaiters)
      #expect(!future.done())
    }
    promise.succeed(3)
    #expect(try await future.value == 3)
  }

  @Test func `A task that is cancelled before it waits does not wait`() async {
    let promise = Promise<Int>()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await promise.future.value
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(!promise.future.hasWaiters)
    promise.succeed(1)
  }

  @Test func `A cancelled task reads a done future`() async throws {
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await Future(value: ()).checkSuccess()
      return try await Future(value: 7).value
    }
    #expect(try await task.value == 7)
  }

  @Test func `Waits that do not throw go on when the task is cancelled`() async throws {
    let promise = Promise<Int>()
    let future = promise.future
    let ended = Counter()
    let waits: [@Sendable () async -> Void] = [
      { await future.wait() },
      { _ = await future.getException() },
      { _ = await future.getTraceback() },
      { _ = await future.result },
      { await Future.waitAll([future]) },
      { _ = await Future.waitAny([future]) },
    ]
    let tasks = waits.map { wait in
      Task {
        withUnsafeCurrentTask { $0?.cancel() }
        await wait()
        if future.done() { ended.raise() }
      }
    }
    await yield { future.hasWaiters }
    promise.succeed(1)
    for task in tasks { await task.value }
    #expect(ended.value == waits.count)
  }

  @Test func `A waiter is resumed once if cancellation and completion race`()
    async
  {
    for round in 0..<2_000 {
      let promise = Promise<Int>()
      let task = Task { try await promise.future.value }
      if round % 2 == 0 { await Task.yield() }
      async let completed = promise.succeed(round)
      task.cancel()
      #expect(await completed)
      switch await task.result {
      case .success(let value): #expect(value == round)
      case .failure(let error): #expect(error is CancellationError)
      }
      #expect(!promise.future.hasWaiters)
    }
  }

  @Test func `Cancelling one waiter leaves the others`() async throws {
    let promise = Promise<Int>()
    let tasks = (0..<10).map { _ in Task { try await promise.future.value } }
    await yield { promise.future.hasWaiters }
    for index in stride(from: 0, to: 10, by: 2) { tasks[index].cancel() }
    for index in stride(from: 0, to: 10, by: 2) {
      await #expect(throws: CancellationError.self) { try await tasks[index].value }
    }
    promise.succeed(8)
    for index in stride(from: 1, to: 10, by: 2) { #expect(try await tasks[index].value == 8) }
  }
}

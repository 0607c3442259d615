// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

@Suite struct TaskletCancellationTests {
  @Test func `Cancelling a tasklet reaches the innermost await`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>("the RPC")
    let seen = Log<String>()
    @Sendable func inner() async throws -> Int {
      do { return try await promise.future.value } catch {
        seen.append("inner \(error is CancellationError)")
        throw error
      }
    }
    @Sendable func middle() async throws -> Int { try await inner() + 1 }
    let future = Future(on: manual.executor) { try await middle() + 1 }
    manual.run()
    #expect(promise.future.hasWaiters)
    future.cancel()
    #expect(!future.done())
    manual.run()
    #expect(future.isCancelled)
    #expect(throws: CancellationError.self) { try future.getResult() }
    #expect(seen.all == ["inner true"])
    #expect(!promise.future.hasWaiters)
    #expect(!promise.future.done())
    promise.succeed(1)
  }

  @Test func `A tasklet may catch the cancellation and finish normally`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let future = Future(on: manual.executor) { (try? await promise.future.value) ?? -1 }
    manual.run()
    future.cancel()
    manual.run()
    #expect(try future.getResult() == -1)
    #expect(!future.isCancelled)
    promise.succeed(1)
  }

  @Test func `A tasklet cancelled before it began sees it from the start`() throws {
    let manual = ManualExecutor()
    let future = Future(on: manual.executor) { Task.isCancelled }
    future.cancel()
    manual.run()
    #expect(try future.getResult())
  }

  /// A tasklet without a task.
  private func tasklet(on executor: TaskletExecutor) -> (Tasklet, Promise<Int>) {
    let promise = Promise<Int>()
    let tasklet = Tasklet(
      executor: executor, future: promise.future, spawner: nil, servesOthers: false,
      cancelsWhenUnobserved: false)
    return (tasklet, promise)
  }

  @Test func `A tasklet that cancels itself does not wait afterwards`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>("never")
    let tasklet = Future(on: manual.executor) {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await promise.future.value
    }
    manual.run()
    #expect(throws: CancellationError.self) { try tasklet.getResult() }
    #expect(!promise.future.hasWaiters)
  }

  @Test func `Cancelling a tasklet does not end the wait of a task that it started`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>("task's")
    let tasklet = Future(on: manual.executor) {
      // It is not cancelled with the tasklet, although it knows its tasklet.
      try await Task { try await promise.future.value }.value
    }
    manual.run()
    spin { promise.future.hasWaiters }
    tasklet.cancel()
    manual.run()
    #expect(promise.future.hasWaiters)
    promise.succeed(1)
    spin {
      manual.run()
      return tasklet.done()
    }
  }

  @Test func `A tasklet that is cancelled while its task is being created cancels the task`() async
  {
    let (tasklet, promise) = tasklet(on: ManualExecutor().executor)
    let task = Task { while !Task.isCancelled { await Task.yield() } }
    tasklet.cancel(promise.future)
    #expect(!task.isCancelled)
    tasklet.started(task)
    #expect(task.isCancelled)
    task.cancel()
    promise.succeed(1)
  }

  @Test func `A tasklet whose future was failed while its task was created cancels the task`() {
    let (tasklet, promise) = tasklet(on: ManualExecutor().executor)
    let task = Task { while !Task.isCancelled { await Task.yield() } }
    promise.succeed(1)
    tasklet.futureDidComplete(promise.future)
    tasklet.started(task)
    #expect(task.isCancelled)
    task.cancel()
  }

  @Test func `A tasklet that is not cancelled leaves its task alone until it is`() {
    let (tasklet, promise) = tasklet(on: ManualExecutor().executor)
    let task = Task { while !Task.isCancelled { await Task.yield() } }
    tasklet.started(task)
    #expect(!task.isCancelled)
    tasklet.cancel(promise.future)
    #expect(task.isCancelled)
    tasklet.cancel(promise.future)
    task.cancel()
    promise.succeed(1)
  }

  @Test func `A tasklet that ignores the cancellation ends with its result`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let future = Future(on: manual.executor) { try await promise.future.result.get() }
    manual.run()
    future.cancel()
    manual.run()
    #expect(!future.done())
    promise.succeed(4)
    manual.run()
    #expect(try future.getResult() == 4)
  }

  @Test func `Cancelling one of two tasklets that await one future leaves the other`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let first = Future(on: manual.executor) { try await promise.future.value }
    let second = Future(on: manual.executor) { try await promise.future.value }
    manual.run()
    first.cancel()
    manual.run()
    #expect(first.isCancelled)
    promise.succeed(3)
    manual.run()
    #expect(try second.getResult() == 3)
  }

  @Test func `Cancelling a tasklet on a running executor ends it at any moment`() async {
    for _ in 0..<1_000 {
      let promise = Promise<Int>()
      let future = Future { try await promise.future.value }
      future.cancel()
      #expect(await future.getException() is CancellationError)
      promise.succeed(1)
    }
  }

  @Test func `A finished tasklet frees its executor and all it held`() {
    weak var held: Unique?
    weak var executor: TaskletExecutor?
    weak var future: Future<Int>?
    do {
      let manual = ManualExecutor()
      let object = Unique()
      held = object
      executor = manual.executor
      let made = Future(on: manual.executor) {
        withExtendedLifetime(object) {}
        return 1
      }
      future = made
      manual.run()
      #expect(made.done())
    }
    #expect(held == nil)
    #expect(future == nil)
    #expect(executor == nil)
  }

  @Test func `A pending tasklet is freed when the promise it waits for is dropped`() {
    weak var executor: TaskletExecutor?
    weak var future: Future<Int>?
    do {
      let manual = ManualExecutor()
      executor = manual.executor
      var promise: Promise<Int>? = Promise()
      let awaited = promise!.future
      let made = Future(on: manual.executor) { try await awaited.value }
      future = made
      manual.run()
      #expect(!made.done())
      promise = nil
      manual.run()
      #expect(made.getException() is BrokenPromise)
    }
    #expect(future == nil)
    #expect(executor == nil)
  }
}

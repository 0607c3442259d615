// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Dispatch
import Testing

@testable import Arrival

/// Blocking waits from every kind of place. Each waits for a future that needs another tasklet
/// which blocks likewise, on an executor of one thread: a wait that hangs is the failure.
@Suite struct WaitingMatrixTests {
  private let executor = TaskletExecutor("one", configuration: .init(threads: 1))

  /// Done when the tasklet in it has blocked for another. No waiting thread runs its beginning, so
  /// it takes the executor's one thread.
  private func needy(_ number: Int) -> Future<Int> {
    Future(on: executor) { [executor] in
      let inner = Future(on: executor) {
        await Task.yield()
        return number
      }
      return try threeDeep(inner.detached)
    }.detached
  }

  @Test func `In a tasklet, three calls deep, on the only thread`() throws {
    let future = Future(on: executor) { try threeDeep(needy(1)) }
    #expect(try future.detached.getResult() == 1)
    executor.shutdown()
  }

  @Test func `In a child of a TaskGroup, and in an async let`() throws {
    let future = Future(on: executor) {
      async let extra = try threeDeep(needy(100))
      let sum = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<5 { group.addTask { try threeDeep(needy(number)) } }
        return try await group.reduce(0, +)
      }
      return try await sum + extra
    }
    #expect(try future.detached.getResult() == 110)
    executor.shutdown()
  }

  @Test func `In a default actor`() async throws {
    let actor = DefaultActor()
    #expect(try await actor.block(needy(2)) == 2)
    // Called from a tasklet, the actor runs on the executor's own thread.
    let inside = Future(on: executor) { try await actor.block(needy(3)) }
    #expect(try await inside.value == 3)
    await executor.shutdown()
  }

  @Test func `In an actor with an executor of its own`() async throws {
    let actor = QueueActor()
    #expect(try await actor.block(needy(4)) == 4)
    let inside = Future(on: executor) { try await actor.block(needy(5)) }
    #expect(try await inside.value == 5)
    await executor.shutdown()
  }

  @Test @MainActor func `On the main actor`() throws {
    #expect(try threeDeep(needy(6)) == 6)
    #expect(Future.waitAny([needy(7), needy(8)])?.done() == true)
    executor.shutdown()
  }

  @Test func `On threads`() {
    let right = Counter()
    onThreads(20) { index in if (try? threeDeep(needy(index))) == index { right.raise() } }
    #expect(right.value == 20)
    executor.shutdown()
  }

  @Test func `On a serial and a concurrent queue, more blocked than cores`() {
    let right = Counter()
    let count = coreCount() * 4
    for queue in [
      DispatchQueue(label: "serial"), DispatchQueue(label: "many", attributes: .concurrent),
    ] {
      let group = DispatchGroup()
      for index in 0..<count {
        queue.async(group: group) {
          if (try? threeDeep(needy(index))) == index { right.raise() }
        }
      }
      group.wait()
    }
    #expect(right.value == count * 2)
    executor.shutdown()
  }

  /// All of Swift's own threads are asleep at once here, and go on without a free one, because what
  /// they wait for depends on the executor alone.
  @Test func `In more tasks than the cooperative pool has threads`() async throws {
    let count = coreCount() * 4
    let opened = Promise<Void>()
    let gates = (0..<count).map { index in
      Future(on: executor) { [executor] in
        try await opened.future.value
        return try threeDeep(Future(on: executor) { index }.detached)
      }.detached
    }
    let tasks = gates.enumerated().map { index, gate in
      index % 2 == 0
        ? Task { try threeDeep(gate) } : Task.detached { try threeDeep(gate) }
    }
    // From a thread of its own: there may be no other left to run it.
    _ = PlainThread {
      spin { gates.contains(where: \.hasWaiters) }
      opened.succeed()
    }
    for (index, task) in tasks.enumerated() { #expect(try await task.value == index) }
    await executor.shutdown()
  }

  @Test func `Inside a cancellation handler, cancelled or not`() async throws {
    let gate = Promise<Void>()
    let calm = Future(on: executor) {
      try await withTaskCancellationHandler {
        try threeDeep(needy(9))
      } onCancel: {
      }
    }
    #expect(try await calm.value == 9)
    // A blocked thread is no waiting task: it waits on when its task is cancelled.
    let cancelled = Future(on: executor) { [executor] in
      let inner = Future(on: executor) {
        try await gate.future.value
        return 10
      }.detached
      return try await withTaskCancellationHandler {
        try threeDeep(inner)
      } onCancel: {
        gate.succeed()
      }
    }
    let waiting = Future(on: executor) { try await cancelled.value }
    cancelled.cancel()
    #expect(try await waiting.value == 10)
    await executor.shutdown()
  }

  @Test func `In a callback`() throws {
    let right = Counter()
    let promise = Promise<Int>()
    promise.future.onCompletion { number in
      if (try? threeDeep(needy(11))) == 11 { right.raise() }
    }
    // On a worker, whose only thread the callback blocks, and here.
    let inside = Promise<Int>()
    inside.future.onCompletion { number in
      if (try? threeDeep(needy(12))) == 12 { right.raise() }
    }
    Future(on: executor) { _ = inside.succeed(1) }.detached.wait()
    promise.succeed(1)
    #expect(right.value == 2)
    executor.shutdown()
  }

  @Test func `In a callback of quiescence`() {
    let called = Promise<Int>()
    let registration = executor.onQuiescence {
      called.complete(Result { try threeDeep(needy(13)) })
    }
    #expect((try? called.future.getResult()) == 13)
    registration.cancel()
    executor.shutdown()
  }

  @Test func `In a task that prefers the executor`() async throws {
    let task = Task(executorPreference: executor) { try threeDeep(needy(14)) }
    #expect(try await task.value == 14)
    await executor.shutdown()
  }
}

private func threeDeep(_ future: Future<Int>) throws -> Int { try twoDeep(future) }
@inline(never) private func twoDeep(_ future: Future<Int>) throws -> Int { try oneDeep(future) }
@inline(never) private func oneDeep(_ future: Future<Int>) throws -> Int { try future.getResult() }

private actor DefaultActor {
  func block(_ future: Future<Int>) throws -> Int { try threeDeep(future) }
}

private actor QueueActor {
  private let executor = QueueExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  func block(_ future: Future<Int>) throws -> Int { try threeDeep(future) }
}

private final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "actor")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

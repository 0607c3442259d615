// SPDX-License-Identifier: Apache-2.0
import Arrival
import Synchronization
import Testing

/// Timers while every worker computes: whatever a timer ends or begins goes on without them.
@Suite struct BusyWorkersTests {
  /// Runs `body` while the only worker of an executor computes until `body` has returned. The
  /// worker gives up after a minute, so that a test fails and does not hang.
  private func whileBusy(
    _ body: (TaskletExecutor) async throws -> Void
  ) async throws {
    let executor = TaskletExecutor("busy", configuration: .init(threads: 1))
    let isOver = Flag()
    let hasBegun = Flag()
    let computing = Future(on: executor) {
      hasBegun.raise()
      let limit = ContinuousClock.now + .seconds(60)
      while !isOver.isRaised, ContinuousClock.now < limit {}
      return isOver.isRaised
    }
    spin { hasBegun.isRaised }
    do {
      defer { isOver.raise() }
      try await body(executor)
    }
    #expect(try await computing.value, "the timer waited for the worker")
    await executor.shutdown()
  }

  private let limit = Duration.milliseconds(20)

  @Test func `A time limit ends`() async throws {
    let promise = Promise<Int>()
    try await whileBusy { executor in
      let error = await promise.future.timeout(after: limit, on: executor).getException()
      #expect(error is TimeoutError)
    }
    promise.succeed(1)
  }

  @Test func `A sleep ends, and a tasklet that awaits it goes on`() async throws {
    try await whileBusy { executor in
      // Begun by the waiting thread, as the worker computes.
      let napping = Future(on: executor) {
        try await Future.sleep(for: limit).value
        return 1
      }
      let blocked = PlainThread {
        let value = try? napping.getResult()
        #expect(value == 1)
      }
      await yield { napping.done() }
      blocked.join()
    }
  }

  @Test func `A callback of a time limit may block for another tasklet of the executor`()
    async throws
  {
    try await whileBusy { executor in
      let result = Future.sleep(for: limit, on: executor).map {
        try Future(on: executor) { 7 }.getResult()
      }
      let value = try await result.value
      #expect(value == 7)
    }
  }

  @Test func `A batch leaves and its operation runs`() async throws {
    try await whileBusy { executor in
      let squares = Batcher<Int, Int>(
        "squares", configuration: .init(maxDelay: limit), on: executor
      ) { keys in keys.map { $0 * $0 } }
      let square = try await squares.load(3).value
      #expect(square == 9)
    }
  }

  @Test func `Timers go on while callbacks of other timers compute`() async throws {
    let isOver = Flag()
    try await whileBusy { executor in
      let computing = Future.sleep(for: .zero, on: executor).map {
        let limit = ContinuousClock.now + .seconds(60)
        while !isOver.isRaised, ContinuousClock.now < limit {}
        return isOver.isRaised
      }
      try await Future.sleep(for: limit, on: executor).value
      isOver.raise()
      let wasOver = try await computing.value
      #expect(wasOver)
    }
  }
}

/// Raised once, by any thread.
private final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isRaised: Bool { value.load(ordering: .acquiring) }
  func raise() { value.store(true, ordering: .releasing) }
}

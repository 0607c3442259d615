// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

struct ManualClockTests {
  /// Code that knows nothing of Arrival.
  private func retry(
    _ clock: any Clock<Duration>, _ body: () async throws -> Int
  ) async throws -> Int {
    var delay = Duration.seconds(1)
    while true {
      do { return try await body() } catch is Oops {
        try await clock.sleep(for: delay)
        delay *= 2
      }
    }
  }

  @Test func `A task that the body has left sleeps in real time, and its waits fail once`()
    async throws
  {
    let (clock, pending) = try await withManualTime { time in
      let clock = time.clock
      let pending = Task { try await clock.sleep(for: .seconds(600)) }
      await time.advance(by: .seconds(1))
      return (clock, pending)
    }
    await #expect(throws: ExecutorShutDown.self) { try await pending.value }
    let start = ContinuousClock.now
    try await clock.sleep(for: .milliseconds(20))
    #expect(start.duration(to: .now) >= .milliseconds(20))
  }

  @Test func `Code that takes any clock runs in manual time`() async throws {
    try await withManualTime { time in
      var attempts = 0
      let value = try await retry(time.clock) {
        attempts += 1
        if attempts < 5 { throw Oops() }
        return attempts
      }
      #expect(value == 5)
      #expect(time.now == .seconds(15))
    }
  }

  @Test func `A sleep ends when its task is cancelled`() async throws {
    try await withManualTime { time in
      let task = Task { try await time.clock.sleep(for: .seconds(60)) }
      await time.advance(by: .seconds(1))
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(time.now == .seconds(1))
    }
  }

  @Test func `The clock measures`() async throws {
    try await withManualTime { time in
      let elapsed = try await time.clock.measure { try await Future.sleep(for: .seconds(2)).value }
      #expect(elapsed == .seconds(2))
    }
  }
}

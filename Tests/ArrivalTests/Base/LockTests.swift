// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

@Suite struct LockTests {
  private struct State {
    var number = 0
    /// Always as `number`, unless two hold the lock at once.
    var copy = 0
  }

  private final class Shared: Sendable { let state = Lock(State()) }

  @Test func `The lock has one holder at a time, with more threads than cores`() {
    let shared = Shared()
    let torn = Counter()
    onThreads(16) { _ in
      for _ in 0..<20_000 {
        shared.state.withLock { state in
          if state.number != state.copy { torn.raise() }
          state.number += 1
          state.copy += 1
        }
      }
    }
    #expect(torn.value == 0)
    #expect(shared.state.withLock { $0.number } == 16 * 20_000)
  }

  @Test func `A body that throws releases the lock`() {
    let shared = Shared()
    #expect(throws: Oops.self) { try shared.state.withLock { _ in throw Oops() } }
    #expect(shared.state.withLock { $0.number } == 0)
  }

  @Test func `Threads that sleep for the lock are all woken`() {
    let shared = Shared()
    let waiting = Counter()
    let held = Promise<Void>()
    // Holds the lock until all others are there; some spin still, most sleep.
    let holder = PlainThread {
      shared.state.withLock { _ in
        held.succeed()
        while waiting.value < 8 {}
      }
    }
    held.future.wait()
    onThreads(8) { _ in
      waiting.raise()
      shared.state.withLock { $0.number += 1 }
    }
    holder.join()
    #expect(shared.state.withLock { $0.number } == 8)
  }

  @Test func `A value is freed with its lock`() {
    final class Freed: Sendable {
      let counter: Counter
      init(_ counter: Counter) { self.counter = counter }
      deinit { counter.raise() }
    }
    let freed = Counter()
    do {
      let lock = Lock<Freed?>(Freed(freed))
      lock.withLock { _ in }
      #expect(freed.value == 0)
    }
    #expect(freed.value == 1)
  }
}

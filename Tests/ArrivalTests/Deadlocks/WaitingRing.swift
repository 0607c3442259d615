// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

/// Tasklets that will wait for each other in a ring, each as soon as it is told to.
struct WaitingRing {
  enum Manner { case suspending, blocking }

  private let gates: [Promise<Void>]
  let futures: [Future<Int>]

  /// - Parameter step: what the member with this index does to wait for the next; by default it
  ///   awaits its value, or blocks for it.
  init(
    _ count: Int, on executor: TaskletExecutor? = nil,
    manner: @escaping @Sendable (Int) -> Manner = { _ in .suspending }
  ) {
    self.init(count, on: executor) { index, next in
      switch manner(index) {
      case .suspending: try await next.getResult()
      case .blocking: try block(next)
      }
    }
  }

  init(
    _ count: Int, on executor: TaskletExecutor? = nil,
    step: @escaping @Sendable (Int, Future<Int>) async throws -> Int
  ) {
    let gates = (0..<count).map { _ in Promise<Void>() }
    let all = Promise<[Future<Int>]>()
    futures = (0..<count).map { index in
      Future("\(index)", on: executor) {
        let futures = try await all.future.value
        try await gates[index].future.value
        return try await step(index, futures[(index + 1) % count])
      }
    }
    self.gates = gates
    all.succeed(futures)
  }

  /// The member with this index begins to wait.
  func wait(_ index: Int) { gates[index].succeed() }

  /// As `wait`, and returns when it is asleep.
  func waitAsleep(_ index: Int) {
    wait(index)
    spin { futures[(index + 1) % futures.count].hasWaiters }
  }

  /// All wait in order; the last closes the ring.
  func close() {
    for index in futures.indices.dropLast() { waitAsleep(index) }
    wait(futures.count - 1)
  }
}

func block<Value>(_ future: Future<Value>) throws -> Value { try future.getResult() }

func deadlock(_ future: Future<some Sendable>) throws -> DeadlockError {
  try #require(future.getException() as? DeadlockError)
}

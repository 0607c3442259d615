// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Foundation
import Synchronization
import Testing

struct Oops: Error, Hashable {}

final class Log<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  func append(_ element: Element) { elements.withLock { $0.append(element) } }
  var all: [Element] { elements.withLock { $0 } }
}

struct ManualTimeTests {
  @Test func `A sleep of an hour takes no time`() async throws {
    let start = ContinuousClock.now
    try await withManualTime { time in
      try await Future.sleep(for: .seconds(3600)).value
      #expect(time.now == .seconds(3600))
    }
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test func `A time limit set in the body is on the manual clock`() async throws {
    try await withManualTime { time in
      let promise = Promise<Int>()
      let limited = promise.future.timeout(after: .seconds(30))
      await time.advance(by: .seconds(29))
      #expect(!limited.done())
      await time.advance(by: .seconds(1))
      let error = await limited.getException()
      #expect(error is TimeoutError)
      #expect(time.now == .seconds(30))
    }
  }

  @Test func `Loads of the body are sent together when it awaits`() async throws {
    try await withManualTime { time in
      let calls = Log<[Int]>()
      let users = Batcher<Int, Int>("users") { (ids: [Int]) in
        calls.append(ids)
        return Dictionary(uniqueKeysWithValues: ids.map { ($0, $0 * 10) })
      }
      let first = users.load(1)
      let second = users.load(2)
      let sum = try await first.value + second.value
      #expect(sum == 30)
      #expect(calls.all == [[1, 2]])
      #expect(time.now == .zero)
    }
  }

  @Test func `run() sends what the body loaded`() async throws {
    try await withManualTime { time in
      let users = Batcher<Int, Int>("users") { (ids: [Int]) in [7: 70] }
      let user = users.load(7)
      await time.run()
      #expect(user.done())
    }
  }

  @Test func `A batcher made before uses the time of the code that loads`() async throws {
    let users = Batcher<Int, Int>("users") { (ids: [Int]) in
      try await Future.sleep(for: .seconds(60)).value
      return [7: 70]
    }
    try await withManualTime { time in
      let value = try await users.load(7).value
      #expect(value == 70)
      #expect(time.now == .seconds(60))
    }
  }

  @Test func `A load fails when its time is up`() async throws {
    try await withManualTime { time in
      let users = Batcher<Int, String>("users") { (ids: [Int]) in
        try await Future.sleep(for: .seconds(60)).value
        return [:]
      }
      await #expect(throws: TimeoutError.self) {
        try await users.load(7, within: .seconds(1)).value
      }
      #expect(time.now == .seconds(1))
    }
  }

  @Test func `Child tasks, async let and plain tasks are inside`() async throws {
    try await withManualTime { time in
      async let a: Void = Future.sleep(for: .seconds(1)).value
      async let b: Void = Future.sleep(for: .seconds(2)).value
      let plain = Task {
        await Task.yield()
        try await Future.sleep(for: .seconds(3)).value
        return TaskletExecutor.current === time.executor
      }
      let detached = Task.detached {
        try await Future.sleep(for: .seconds(4)).value
        return TaskletExecutor.current === time.executor
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for seconds in 1...5 {
          group.addTask { try await Future.sleep(for: .seconds(seconds)).value }
        }
        try await group.waitForAll()
      }
      _ = try await (a, b)
      #expect(try await plain.value)
      #expect(try await detached.value)
      #expect(time.now == .seconds(5))
    }
  }

  @Test func `Actors are inside`() async throws {
    actor Account {
      var balance = 0
      func deposit(_ amount: Int) async throws {
        try await Future.sleep(for: .seconds(1)).value
        balance += amount
      }
    }
    try await withManualTime { time in
      let account = Account()
      let deposits = (1...10).map { amount in Task { try await account.deposit(amount) } }
      for deposit in deposits { try await deposit.value }
      #expect(await account.balance == 55)
      #expect(time.now == .seconds(1))
    }
  }

  @Test func `The clock does not run away from the main actor`() async throws {
    try await withManualTime { time in
      let promise = Promise<Int>()
      let limited = promise.future.timeout(after: .seconds(1))
      for _ in 0..<20 { await onMainActor() }
      #expect(time.now == .zero)
      #expect(!limited.done())
      promise.succeed(1)
      let value = try await limited.value
      #expect(value == 1)
    }
  }

  @MainActor
  @Test func `A test on the main actor has its own clock`() async throws {
    let seconds = 60
    try await withManualTime { time in
      try await Future.sleep(for: .seconds(seconds)).value
      let ofMain = Task { @MainActor in
        MainActor.assertIsolated()
        try await Future.sleep(for: .seconds(seconds)).value
      }
      try await ofMain.value
      #expect(time.now == .seconds(2 * seconds))
    }
  }

  @Test func `The clock stands still during an operation outside`() async throws {
    try await withManualTime { time in
      let promise = Promise<Int>()
      let limited = promise.future.timeout(after: .seconds(1))
      await time.outside {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
          let thread = Thread { continuation.resume() }
          thread.start()
        }
      }
      #expect(time.now == .zero)
      #expect(!limited.done())
      promise.succeed(1)
    }
  }

  @Test func `Another thread may complete what the body awaits`() async throws {
    let value = try await withManualTime { _ in
      let promise = Promise<Int>()
      Thread { promise.succeed(3) }.start()
      return try await promise.future.value
    }
    #expect(value == 3)
  }

  @Test func `A body that waits for what cannot arrive fails with the dump`() async throws {
    let error = await #expect(throws: NothingCanArrive.self) {
      try await withManualTime(patience: .milliseconds(10)) { _ in
        let promise = Promise<Int>("the answer")
        _ = try await promise.future.value
        promise.succeed(1)
      }
    }
    #expect(error?.dump.contains("\"the answer\"") == true)
  }

  @Test func `A body that ignores its cancellation is given up`() async throws {
    await #expect(throws: NothingCanArrive.self) {
      try await withManualTime(patience: .milliseconds(10)) { _ in
        let never = Promise<Int>("never")
        await never.future.wait()
        never.succeed(1)
      }
    }
  }

  @Test func `An error of the body is thrown unchanged`() async throws {
    await #expect(throws: Oops()) { try await withManualTime { _ in throw Oops() } }
    await #expect(throws: Oops()) {
      try await withManualTime { _ in
        try await Future.sleep(for: .seconds(1)).value
        throw Oops()
      }
    }
  }

  @Test func `A blocking wait moves the clock`() async throws {
    func block(_ future: Future<Void>) throws { try future.getResult() }
    func wait(_ future: Future<Int>, _ limit: Duration) -> Bool { future.wait(for: limit) }
    try await withManualTime { time in
      try block(.sleep(for: .seconds(60)))
      #expect(time.now == .seconds(60))
      let promise = Promise<Int>()
      #expect(!wait(promise.future, .seconds(5)))
      promise.succeed(1)
      #expect(time.now == .seconds(65))
    }
  }

  @Test func `A blocking wait for what cannot arrive fails with the dump`() async throws {
    func block(_ future: Future<Int>) throws -> Int { try future.getResult() }
    try await withManualTime(patience: .milliseconds(10)) { _ in
      let never = Promise<Int>("never")
      #expect(throws: NothingCanArrive.self) { try block(never.future) }
      withExtendedLifetime(never) {}
    }
  }

  @Test func `Cancelling the caller cancels the body, which may finish in its own time`()
    async throws
  {
    let began = Promise<Void>()
    let task = Task {
      try await withManualTime { time in
        let promise = Promise<Int>()
        do {
          began.succeed()
          _ = try await promise.future.value
          promise.succeed(1)
          return "not cancelled"
        } catch {
          await Task { try? await Future.sleep(for: .seconds(1)).value }.value
          return "\(time.now)"
        }
      }
    }
    try await began.future.value
    task.cancel()
    #expect(try await task.value == "\(Duration.seconds(1))")
  }

  @Test func `Nested times are independent`() async throws {
    try await withManualTime { outer in
      let promise = Promise<Int>()
      let limited = promise.future.timeout(after: .seconds(1))
      try await withManualTime { inner in
        try await Future.sleep(for: .seconds(60)).value
        #expect(inner.now == .seconds(60))
      }
      #expect(outer.now == .zero)
      #expect(!limited.done())
      promise.succeed(1)
    }
  }

  @Test func `Times beside each other are independent`() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seconds in 1...20 {
        group.addTask {
          try await withManualTime { time in
            for _ in 0..<20 {
              await Task {
                await Task.yield()
                try? await Future.sleep(for: .seconds(seconds)).value
              }.value
            }
            #expect(time.now == .seconds(20 * seconds))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `What the body leaves behind is cancelled`() async throws {
    let left = try await withManualTime { _ in
      Future("left") { try await Future.sleep(for: .seconds(60)).value }
    }
    #expect(left.done())
    let error = await left.getException()
    #expect(error is ExecutorShutDown)
  }

  @Test func `A plain task that outlives the body goes on in the pool`() async throws {
    let gate = Promise<Int>()
    let task = try await withManualTime { _ in Task { try await gate.future.value + 1 } }
    gate.succeed(1)
    #expect(try await task.value == 2)
  }

  @Test func `A loop that polls does not stop the clock`() async throws {
    try await withManualTime { time in
      let nap = Future.sleep(for: .seconds(1))
      while !nap.done() { await Task.yield() }
      #expect(time.now == .seconds(1))
    }
  }
}

@MainActor private func onMainActor() { MainActor.assertIsolated() }

// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Foundation
import Synchronization
import Testing

@testable import Arrival

/// Operations that begin on the thread of Swift's pool that sends their batch.
@Suite struct BorrowedThreadTests {
  private static let never = BatcherConfiguration(maxDelay: .seconds(1_000_000))

  @Test func `Work from outside counts as new once`() {
    var outside = OutsideArrivals()
    #expect(outside.look() == nil)
    outside.came()
    outside.came()
    #expect(outside.look() == 2)
    #expect(outside.look() == nil)
    outside.came()
    #expect(outside.look() == 3)
  }

  // MARK: The policy

  /// Which of the next batches begin on the pool, when each step that does takes the same time.
  private static func begins(
    _ policy: inout FirstStepPolicy, count: Int, after time: Nanoseconds
  ) -> [Bool] {
    (0..<count).map { _ in
      let begins = policy.beginsHere()
      if begins { policy.ended(after: time) }
      return begins
    }
  }

  @Test func `Short steps always begin on the pool`() {
    var policy = FirstStepPolicy()
    #expect(Self.begins(&policy, count: 100, after: 50_000).allSatisfy { $0 })
  }

  @Test func `After each long step twice as many batches are handed over`() {
    var policy = FirstStepPolicy()
    let begins = Self.begins(&policy, count: 11, after: 50_001)
    #expect(begins == [true, false, true, false, false, true, false, false, false, false, true])
  }

  @Test func `At least one in some thousand batches is tried on the pool`() {
    var policy = FirstStepPolicy()
    let begins = Self.begins(&policy, count: 40_000, after: 1_000_000)
    #expect(begins.suffix(4_097).contains(true))
    #expect(begins.filter { $0 }.count < 25)
  }

  @Test func `A short step after long ones ends the distrust`() {
    var policy = FirstStepPolicy()
    _ = Self.begins(&policy, count: 7, after: 1_000_000)
    while !policy.beginsHere() {}
    policy.ended(after: 1_000)
    #expect(Self.begins(&policy, count: 100, after: 1_000).allSatisfy { $0 })
  }

  // MARK: The threads

  /// What an operation sees of the thread that runs it.
  private struct Place: Sendable, Equatable {
    var isOnShared = false
    var isOwnThread = false

    static var here: Place {
      Place(
        isOnShared: TaskletExecutor.current === TaskletExecutor.shared,
        isOwnThread: threadName().hasPrefix("arrival-"))
    }
  }

  private static func threadName() -> String {
    #if canImport(Darwin)
      var name = [CChar](repeating: 0, count: 64)
      pthread_getname_np(pthread_self(), &name, name.count)
      return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    #else
      return (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
    #endif
  }

  @Test(.enabled(if: coreCount() > 1))
  func `An operation for a plain task begins on the pool and goes on on its executor`() async throws
  {
    let places = Mutex<[[Place]]>([])
    let batcher = Batcher<Int, Int>("lone", configuration: Self.never) { keys in
      let first = Place.here
      // A sleep that is over when it is awaited suspends nothing.
      let job = ThreadState.current.jobs.now
      while ThreadState.current.jobs.now.isSame(as: job) {
        try await Future.sleep(for: .microseconds(100)).value
      }
      let second = Place.here
      places.withLock { $0.append([first, second]) }
      return keys
    }
    // Other tests may have borrowed a thread, or may have made a step long.
    for key in 0..<1_000 where try await batcher.load(key).value == key {
      if places.withLock({ $0.contains { !$0[0].isOwnThread } }) { break }
    }
    let seen = places.withLock { $0 }
    #expect(seen.contains { !$0[0].isOwnThread })
    #expect(seen.allSatisfy { $0.allSatisfy(\.isOnShared) && $0[1].isOwnThread })
  }

  @Test func `The operation of a batcher with an executor begins on its threads`() async throws {
    let executor = TaskletExecutor("own", configuration: .init(threads: 1))
    let batcher = Batcher<Int, Bool>("bound", configuration: Self.never, on: executor) { keys in
      keys.map { _ in Self.threadName().hasPrefix("arrival-own") }
    }
    for key in 0..<20 { #expect(try await batcher.load(key).value) }
    await executor.shutdown()
  }

  /// If every operation began on a thread of the pool, none would be left for the task.
  @Test(.timeLimit(.minutes(1)))
  func `Operations that block for a plain task leave the pool a thread`() async throws {
    let begun = Atomic(0)
    let mayEnd = DispatchSemaphore(value: 0)
    let loads = (0..<coreCount()).map { index in
      let batcher = Batcher<Int, Int>("blocks", configuration: Self.never) { keys in
        begun.add(1, ordering: .relaxed)
        mayEnd.wait()
        return keys
      }
      return Task.detached { try await batcher.load(index).value }
    }
    Thread.detachNewThread {
      while begun.load(ordering: .relaxed) < loads.count { sched_yield() }
      Task.detached { for _ in loads { mayEnd.signal() } }
    }
    for (index, load) in loads.enumerated() { #expect(try await load.value == index) }
  }

  @Test func `An operation that begins on the pool may load from other batchers`() async throws {
    let inner = Batcher<Int, Int>("inner", configuration: Self.never) { keys in keys.map { -$0 } }
    let outer = Batcher<Int, Int>("outer", configuration: Self.never) { keys in
      try keys.map { try inner.load($0).getResult() }
    }
    for key in 0..<200 { #expect(try await outer.load(key).value == -key) }
  }

  @Test func `An error of an operation that begins on the pool has its traceback`() async throws {
    struct Refused: Error {}
    let batcher = Batcher<Int, Int>("refuses", configuration: Self.never) {
      (keys: [Int]) -> [Int] in throw Refused()
    }
    for key in 0..<20 {
      let load = batcher.load(key)
      await #expect(throws: Refused.self) { try await load.value }
      #expect(await load.getTraceback()?.description.contains("BorrowedThreadTests.swift") == true)
    }
  }
}

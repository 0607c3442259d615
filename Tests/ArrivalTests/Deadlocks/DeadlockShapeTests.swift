// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// Rings through what stands between two tasklets, and what looks like a ring and is none.
@Suite struct DeadlockShapeTests {
  /// Two tasklets; the first waits for the second in the way of `step`, then the second for the
  /// first.
  private func names(
    _ step: @escaping @Sendable (Future<Int>) async throws -> Int
  ) throws -> [String?] {
    let ring = WaitingRing(2) { index, next in
      index == 0 ? try await step(next) : try await next.value
    }
    ring.close()
    // 1 closes the ring by waiting for 0.
    return try deadlock(ring.futures[0]).members.map(\.name)
  }

  @Test func `Through all`() throws {
    let pending = Promise<Int>()
    #expect(
      try names { try await Future.all([Future(value: 1), $0, pending.future]).value[1] }
        == ["1", "0", nil])
  }

  @Test func `Through map, flatMap and recover`() throws {
    #expect(try names { try await $0.map { $0 + 1 }.value } == ["1", "0", nil])
    #expect(
      try names { try await Future(value: 1).flatMap { [next = $0] _ in next }.value }
        == ["1", "0", nil])
    #expect(try names { try await $0.recover { _ in 1 }.value } == ["1", "0", nil])
  }

  @Test func `Through a future that comes to follow another only later`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Void>()
    let own = Promise<Future<Int>>()
    let future = Future("follower", on: manual.executor) {
      let own = try await own.future.value
      return try await promise.future.flatMap { own }.value
    }
    own.succeed(future)
    manual.run()
    #expect(!future.done())
    promise.succeed()
    manual.run()
    #expect(Set(try deadlock(future).members.map(\.name)) == [nil, "follower"])
  }

  @Test func `Through a child of a task group`() throws {
    #expect(
      try names { next in
        try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { try await next.value }
          return try await group.next()!
        }
      } == ["1", "0"])
  }

  @Test func `Through a child that blocks, of a child`() throws {
    #expect(
      try names { next in
        try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask {
            async let value = block(next)
            return try await value
          }
          return try await group.next()!
        }
      } == ["1", "0"])
  }

  @Test func `Through async let`() throws {
    #expect(
      try names { next in
        async let value = next.value
        return try await value
      } == ["1", "0"])
  }

  @Test func `Through a batch's operation`() throws {
    let own = Promise<Future<Int>>()
    let batcher = Batcher<Int, Int>("stuck") { (keys: [Int]) in
      let value = try await own.future.value.value
      return keys.map { _ in value }
    }
    let future = Future("loads") { try await batcher.load(1).value }
    own.succeed(future)
    let error = try deadlock(future)
    #expect(Set(error.members.map(\.name)) == ["loads", nil, "stuck batch_1"])
  }

  @Test func `Through a batch that waits for its turn behind one that waits for it`() throws {
    let own = Weak<Batcher<Int, Int>>()
    let stuck = Batcher<Int, Int>("stuck", configuration: .init(maxConcurrentBatches: 1)) {
      (keys: [Int]) in
      // The second batch cannot leave before this one has ended.
      let value = try await own.object!.load(2).value
      return keys.map { _ in value }
    }
    own.object = stuck
    let first = stuck.load(1)
    _ = try deadlock(first)
  }

  @Test(arguments: [false, true])
  func `Through waitAll of several, although it is another's turn`(blocks: Bool) throws {
    let promise = Promise<Int>()
    let ring = WaitingRing(2) { index, next in
      if index == 1 { return try await next.value }
      let all = [promise.future, next]
      func block() { Future.waitAll(all) }
      if blocks { block() } else { await Future.waitAll(all) }
      return 1
    }
    ring.wait(0)
    spin { promise.future.hasWaiters }
    ring.wait(1)
    #expect(try deadlock(ring.futures[0]).members.map(\.name) == ["1", "0"])
    #expect(!promise.future.done())
    promise.succeed(1)
  }

  @Test func `Through waitAny if nothing else can arrive`() throws {
    let ring = WaitingRing(3) { index, next in
      if index == 1 { return try await next.value }
      let own = try await Future(value: next).value
      return try await Future.waitAny([own, own])!.value
    }
    ring.close()
    #expect(try deadlock(ring.futures[0]).members.count == 3)
  }

  // MARK: No ring

  /// A ring of two but for `step`, which goes on in some other way: the first ends with 7.
  private func expectNoAlarm(
    _ rescue: Promise<Int>, _ step: @escaping @Sendable (Future<Int>) async throws -> Int
  ) throws {
    let ring = WaitingRing(2) { index, next in
      index == 0 ? try await step(next) : try await next.value
    }
    ring.wait(0)
    ring.waitAsleep(1)
    // Whatever looks has looked: the waits were registered before, and look under one lock more.
    for future in ring.futures { #expect(!future.done()) }
    rescue.succeed(7)
    for future in ring.futures { #expect(try future.getResult() == 7) }
  }

  @Test func `waitAny raises no alarm while one future can arrive`() throws {
    let rescue = Promise<Int>()
    try expectNoAlarm(rescue) { next in try await Future.waitAny([next, rescue.future])!.value }
    let another = Promise<Int>()
    try expectNoAlarm(another) { next in
      func block() throws -> Int { try Future.waitAny([next, another.future])!.getResult() }
      return try block()
    }
  }

  @Test func `A wait with a limit raises no alarm`() throws {
    let rescue = Promise<Int>()
    let isCancelled = Promise<Void>()
    try expectNoAlarm(rescue) { next in
      try await withThrowingTaskGroup(of: Int?.self) { group in
        group.addTask {
          isCancelled.succeed()
          return try? await next.getResult(within: .seconds(3600))
        }
        try await isCancelled.future.value
        let value = try await rescue.future.value
        group.cancelAll()
        return value
      }
    }
  }

  @Test func `A limit that passes lets the tasklet go on`() throws {
    let manual = ManualExecutor()
    let ring = WaitingRing(2, on: manual.executor) { index, next in
      index == 0 ? await next.wait(for: .seconds(5)) ? 1 : 2 : try await next.value
    }
    for index in 0..<2 {
      ring.wait(index)
      manual.run()
    }
    #expect(!ring.futures[0].done())
    manual.advance(by: .seconds(5))
    #expect(try ring.futures[1].getResult() == 2)
  }

  @Test func `A task that a tasklet starts and leaves may wait for that tasklet`() throws {
    let own = Promise<Future<Int>>()
    let left = Promise<Int>()
    let rescue = Promise<Int>()
    let executor = TaskletExecutor("left", configuration: .init(threads: 2))
    let future = Future("parent", on: executor) {
      let own = try await own.future.value
      for preference in [nil, executor] {
        // Both kinds have the tasklet's task-locals; one its executor too.
        Task(executorPreference: preference) {
          await withTaskGroup(of: Void.self) { group in
            group.addTask { await own.wait() }
            await own.wait()
          }
          left.succeed(try await own.value)
        }
      }
      return try await rescue.future.value
    }
    let waits = Future("waits", on: executor) { try await future.value }
    own.succeed(future)
    spin { rescue.future.hasWaiters && future.hasWaiters }
    rescue.succeed(3)
    #expect(try left.future.getResult() == 3)
    #expect(try waits.getResult() == 3)
  }

  @Test func `A cancelled wait is no member of a ring`() throws {
    let manual = ManualExecutor()
    let ring = WaitingRing(2, on: manual.executor) { index, next in
      do { return try await next.value } catch is CancellationError { return index + 20 }
    }
    ring.wait(0)
    manual.run()
    ring.futures[0].cancel()
    // Its task was told, and has not run yet.
    ring.wait(1)
    manual.run()
    #expect(try ring.futures[0].getResult() == 20)
    #expect(try ring.futures[1].getResult() == 20)
  }

  @Test func `A tasklet that waits twice for one future makes no ring`() throws {
    let promise = Promise<Int>()
    let shared = Future { try await promise.future.value }
    let both = Future {
      async let one = shared.value
      async let two = shared.map { $0 + 1 }.value
      return try await one + two
    }
    let all = Future { try await Future.all([both, shared, both]).value.reduce(0, +) }
    spin { both.hasWaiters }
    promise.succeed(1)
    #expect(try all.getResult() == 7)
  }
}

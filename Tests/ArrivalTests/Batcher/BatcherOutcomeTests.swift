// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// Every future ends exactly once, with its own result.
@Suite struct BatcherOutcomeTests {
  private func run(
    _ batcher: Batcher<Int, Int>, _ keys: [Int], on manual: ManualExecutor = ManualExecutor()
  ) throws -> [Future<Int>] {
    let all = Future(on: manual.executor) {
      let futures = batcher.load(contentsOf: keys)
      await Future.waitAll(futures)
      return futures
    }
    manual.run()
    return try all.getResult()
  }

  @Test func `A key that the reply leaves out fails with an error that says what to do`() throws {
    let site = SourceSite(function: #function, file: #fileID, line: #line + 1)
    let batcher = Batcher<Int, Int>("users") { (keys: [Int]) in [1: 10, 3: 30] }
    let futures = try run(batcher, [1, 2, 3])
    #expect(try futures[0].getResult() == 10)
    #expect(try futures[2].getResult() == 30)
    let error = try #require(futures[1].getException() as? MissingReply)
    #expect(error.batcher == "users")
    #expect(error.creationSite == site)
    #expect(
      error.description == """
        the batcher "users", created in \(site): the reply has no value for the key 2; return a \
        value for it, or make the batcher's values optional
        """)
  }

  @Test(arguments: [0, 2, 4])
  func `A wrong number of values fails all keys with an error that has both numbers`(count: Int)
    throws
  {
    let batcher = Batcher<Int, Int>("users") { (keys: [Int]) in Array(repeating: 1, count: count) }
    for future in try run(batcher, [1, 2, 3]) {
      let error = try #require(future.getException() as? MissingReply)
      #expect(error.reason.contains("\(count) values for 3 keys"))
    }
  }

  @Test
  func `Errors of a batcher count one key in the singular, and give no name if there is none`()
    throws
  {
    let batcher = Batcher<Int, Int> { (keys: [Int]) -> [Int] in [] }
    let error = try #require(try run(batcher, [1])[0].getException() as? MissingReply)
    #expect(error.description.hasPrefix("the batcher, created in "))
    #expect(error.description.contains("0 values for 1 key;"))
    let manual = ManualExecutor()
    let narrow = Batcher<Int, Int>(configuration: .init(maxQueued: 1), on: manual.executor) {
      (keys: [Int]) -> [Int] in keys
    }
    let loads = [narrow.load(1), narrow.load(2)]
    let overload = try #require(loads[1].getException())
    #expect("\(overload)".hasPrefix("the batcher refused a load because 1 load is queued already"))
    manual.advance(by: .milliseconds(1))
    #expect(try loads[0].getResult() == 1)
  }

  @Test func `A key that fails by itself affects no other`() throws {
    let batcher = Batcher<Int, Int> { (keys: [Int]) -> [Result<Int, any Error>] in
      keys.map { $0 == 2 ? .failure(Oops($0)) : .success($0 * 10) }
    }
    let futures = try run(batcher, [1, 2, 3, 2])
    #expect(futures.map { try? $0.getResult() } == [10, nil, 30, nil])
    #expect(futures[1].getException() as? Oops == Oops(2))
    #expect(futures[3].getException() as? Oops == Oops(2))
  }

  @Test func `An operation that throws at once fails its members with that error, and no others`()
    throws
  {
    let error = Unique()
    let batcher = Batcher<Int, Int>(configuration: .init(maxBatchSize: 2)) {
      (keys: [Int]) -> [Int] in
      if keys.contains(3) { throw error }
      return keys
    }
    let futures = try run(batcher, [1, 2, 3, 4, 5])
    #expect(futures.map { try? $0.getResult() } == [1, 2, nil, nil, 5])
    #expect(futures[2].getException() as? Unique === error)
    #expect(futures[3].getException() as? Unique === error)
  }

  @Test func `An operation that throws later fails its members with that error`() throws {
    let gate = Promise<Int>()
    let batcher = Batcher<Int, Int> { (keys: [Int]) -> [Int] in
      [try await gate.future.value]
    }
    let manual = ManualExecutor()
    let all = Future(on: manual.executor) { await batcher.load(1).getException() is Unique }
    manual.run()
    #expect(!all.done())
    gate.fail(Unique())
    manual.run()
    #expect(try all.getResult())
  }

  @Test func `nil and Void are replies like any other`() throws {
    let manual = ManualExecutor()
    let optional = Batcher<Int, Int?> { (keys: [Int]) -> [Int: Int?] in [1: nil, 2: .some(3)] }
    let void = Batcher<Int, Void> { (keys: [Int]) in keys.map { _ in } }
    let all = Future(on: manual.executor) {
      async let done: Void = void.load(1).value
      let values = [try await optional.load(1).value, try await optional.load(2).value]
      try await done
      return values
    }
    manual.run()
    #expect(try all.getResult() == [nil, 3])
  }

  @Test func `A cancelled member affects no other`() throws {
    let manual = ManualExecutor()
    let (batcher, calls) = BatcherTests.doubling()
    let all = Future(on: manual.executor) {
      let futures = batcher.load(contentsOf: [1, 2, 2, 3])
      futures[1].cancel()
      #expect(futures[1].isCancelled)
      await Future.waitAll(futures)
      return futures
    }
    manual.run()
    #expect(try all.getResult().map { try? $0.getResult() } == [2, nil, 4, 6])
    #expect(try all.getResult()[1].isCancelled)
    #expect(calls.all == [[1, 2, 3]])
  }

  @Test func `A member cancelled under way stays cancelled`() throws {
    let manual = ManualExecutor()
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    let futures = batcher.load(contentsOf: [1, 2])
    manual.advance(by: .milliseconds(1))
    futures[0].cancel()
    gate.succeed()
    manual.run()
    #expect(futures[0].isCancelled)
    #expect(try futures[1].getResult() == 2)
  }

  @Test func `A cancelled waiter leaves the future to its other waiters`() throws {
    let manual = ManualExecutor()
    let (batcher, _) = BatcherTests.doubling(manual.executor)
    let future = batcher.load(4)
    let waiter = Future(on: manual.executor) { try await future.value }
    manual.run()
    waiter.cancel()
    manual.advance(by: .milliseconds(1))
    #expect(waiter.isCancelled)
    #expect(try future.getResult() == 8)
  }

  @Test func `A batch and everything that belongs to it is freed when it has ended`() throws {
    weak var held: Unique?
    weak var future: Future<Int>?
    weak var batcher: Batcher<Int, Int>?
    weak var executor: TaskletExecutor?
    do {
      let object = Unique()
      held = object
      let manual = ManualExecutor()
      executor = manual.executor
      let made = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
        withExtendedLifetime(object) { keys }
      }
      batcher = made
      let loaded = made.load(1)
      future = loaded
      manual.advance(by: .milliseconds(1))
      #expect(try loaded.getResult() == 1)
    }
    #expect(future == nil)
    #expect(batcher == nil)
    #expect(held == nil)
    #expect(executor == nil)
  }

  @Test func `A batch on an executor that was shut down fails its members`() {
    let manual = ManualExecutor()
    let (batcher, calls) = BatcherTests.doubling(manual.executor)
    let before = batcher.load(1)
    manual.executor.shutdown()
    let after = batcher.load(2)
    manual.advance(by: .milliseconds(1))
    #expect(before.getException() is ExecutorShutDown)
    #expect(after.getException() is ExecutorShutDown)
    #expect(calls.all.isEmpty)
  }

  @Test func `A long queue on an executor that shuts down fails without growing the stack`() {
    let manual = ManualExecutor()
    let never = Promise<Int>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatches: 1), on: manual.executor
    ) { (keys: [Int]) in [try await never.future.value] }
    let futures = batcher.load(contentsOf: 0..<50_000)
    manual.run()
    manual.executor.shutdown()
    manual.run()
    #expect(futures.allSatisfy { $0.done() && $0.getException() != nil })
    never.succeed(1)
  }
}

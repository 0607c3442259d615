// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@testable import ArrivalDatastore

/// What transactions do that meet over the same entities, by the clock of a manual executor.
@Suite struct ContentionTests {
  private let manual = ManualExecutor()
  private let backend = LockingBackend()

  private func key(_ name: String) -> Key { Key("Thing", name: name) }

  /// All are done, and none has failed.
  private func expectSuccess(_ futures: [Future<Void>]) async throws {
    for future in futures {
      try #require(future.done())
      try await future.value
    }
  }

  /// Takes six milliseconds if it meets nobody.
  private func increment(_ key: Key, _ datastore: Datastore) -> Future<Void> {
    datastore.transaction { tx in
      let old = try await tx.get(key).value?["n"]?.integerValue ?? 0
      try await Future.sleep(for: .milliseconds(5)).value
      tx.put(Entity(key, ["n": .indexed(.integer(old + 1))]))
    }
  }

  @Test
  func `Twelve transactions on one entity of a locking server conflict once and then take turns`()
    async throws
  {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let key = key("sum")
    let futures = (0..<12).map { _ in increment(key, datastore) }
    manual.advance(by: .seconds(5))
    try await expectSuccess(futures)
    #expect(backend.number(key) == 12)
    // The last to give up finds the others gone.
    #expect(backend.aborted == 11)
    #expect(datastore.statistics().transactionRetries == 11)
  }

  @Test func `Transactions take turns also over the results of their queries`()
    async throws
  {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let names = (0..<6).map { "\($0)" }
    for name in names { _ = increment(key(name), datastore) }
    manual.advance(by: .milliseconds(10))
    #expect(backend.commits == 6)
    // Each reads all and writes one of its own.
    let futures = names.map { name in
      datastore.transaction { tx in
        let found = try await tx.query(Query(kind: "Thing")).fetch().value
        try await Future.sleep(for: .milliseconds(20)).value
        let sum = found.reduce(0) { $0 + ($1["n"]?.integerValue ?? 0) }
        tx.put(Entity(key(name), ["n": .indexed(.integer(sum))]))
      }
    }
    manual.advance(by: .seconds(5))
    try await expectSuccess(futures)
    #expect(backend.aborted == 5)
    #expect(Set(names.map { backend.number(key($0)) }).count == 6)
  }

  @Test(arguments: [1, 4])
  func `Transactions of several processes all commit, because their waits outgrow the locks`(
    _ transactionsOfEach: Int
  ) async throws {
    let key = key("sum")
    var futures: [Future<Void>] = []
    // Objects of their own know nothing of each other, as processes.
    let datastores = (0..<12 / transactionsOfEach).map { _ in
      Datastore(backend: backend, on: manual.executor)
    }
    for number in 0..<12 {
      let datastore = datastores[number % datastores.count]
      futures.append(
        datastore.transaction(retry: patient) { tx in
          let old = try await tx.get(key).value?["n"]?.integerValue ?? 0
          try await Future.sleep(for: .milliseconds(500)).value
          tx.put(Entity(key, ["n": .indexed(.integer(old + 1))]))
        })
      // Each comes while others hold their locks.
      manual.advance(by: .milliseconds(200))
    }
    for _ in 0..<600 where !futures.allSatisfy({ $0.done() }) { manual.advance(by: .seconds(1)) }
    for future in futures {
      try #require(future.done())
      future.cancel()
    }
    manual.advance(by: .seconds(60))
    #expect(backend.number(key) == 12)
  }

  private var patient: RetryPolicy {
    var policy = RetryPolicy.contention
    policy.maxRetries = 1_000
    return policy
  }

  @Test
  func
    `A transaction on contended keys waits before its first read`()
    async throws
  {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let (hot, cold) = (key("hot"), key("cold"))
    let first = (0..<4).map { _ in increment(hot, datastore) }
    // They have met, and the first of them is on its second attempt.
    manual.advance(by: .milliseconds(2_010))
    #expect(backend.aborted == 3)
    let late = increment(hot, datastore)
    let other = increment(cold, datastore)
    manual.advance(by: .milliseconds(7))
    #expect(other.done())
    #expect(!late.done())
    manual.advance(by: .milliseconds(100))
    try await expectSuccess(first + [late])
    #expect(backend.aborted == 3)
    #expect(backend.number(hot) == 5)
  }

  @Test func `A transaction that waits for its turn can be cancelled`() async throws {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let key = key("sum")
    let futures = (0..<4).map { _ in increment(key, datastore) }
    manual.advance(by: .milliseconds(2_010))
    let late = increment(key, datastore)
    manual.run()
    late.cancel()
    manual.run()
    try #require(late.done())
    #expect(throws: CancellationError.self) { try late.getResult() }
    manual.advance(by: .milliseconds(100))
    #expect(futures.allSatisfy { $0.done() })
    #expect(backend.number(key) == 4)
  }

  @Test func `A callback may begin a transaction on entities that others wait for`()
    async throws
  {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let key = key("sum")
    let futures = (0..<3).map { _ in
      datastore.transaction { tx in
        let old = try await tx.get(key).value?["n"]?.integerValue ?? 0
        tx.put(Entity(key, ["n": .indexed(.integer(old + 1))]))
        tx.afterCommit { _ = try? await self.increment(key, datastore).value }
      }
    }
    manual.advance(by: .seconds(5))
    try await expectSuccess(futures)
    #expect(backend.number(key) == 6)
  }

  @Test func `A transaction waits for its turn no longer than the policy's maximum delay`()
    async throws
  {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let key = key("sum")
    let gate = Promise<Void>()
    let attempts = Lock(0)
    // Two that meet; in its second attempt the first of them waits for one that waits for it.
    let futures = (0..<2).map { _ in
      datastore.transaction { tx in
        let old = try await tx.get(key).value?["n"]?.integerValue ?? 0
        if attempts.withLock({
          $0 += 1
          return $0
        }) == 3 {
          try await gate.future.value
        }
        tx.put(Entity(key, ["n": .indexed(.integer(old + 1))]))
      }
    }
    manual.advance(by: .milliseconds(2_100))
    let late = datastore.transaction { tx in _ = try await tx.get(key).value }
    manual.advance(by: .seconds(9))
    #expect(!late.done())
    manual.advance(by: .milliseconds(1_001))
    #expect(late.done())
    gate.succeed(())
    manual.advance(by: .seconds(1))
    #expect(futures.allSatisfy { $0.done() })
    #expect(backend.number(key) == 2)
  }

  @Test
  func `Waits after external conflicts are random multiples of the attempt's length`()
    throws
  {
    let error = DatastoreError(.aborted, "faster")
    var attempts = TransactionAttempts(.readWrite(), .contention, now: 0)
    func next(hadTurn: Bool, random: Double = 0.5) throws -> Duration? {
      try attempts.next(
        after: error, nil, now: 2_000_001_000, turn: hadTurn ? 1_000 : nil, random: random)
    }
    // Ten milliseconds, less up to a quarter by chance.
    #expect(try next(hadTurn: false) == .milliseconds(7.5))
    #expect(try next(hadTurn: true) == .seconds(1))
    #expect(try next(hadTurn: true) == .seconds(2))
    #expect(try next(hadTurn: true) == .seconds(4))
    // Eight times two seconds are more than the longest wait.
    #expect(try next(hadTurn: true) == .seconds(5))
    #expect(throws: DatastoreError.self) { try next(hadTurn: true) }
  }
}

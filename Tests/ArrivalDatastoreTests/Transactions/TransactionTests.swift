// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Synchronization
import Testing

@testable import ArrivalDatastore

@Suite struct TransactionTests {
  private let backend = TransactionalBackend()
  private var datastore: Datastore { Datastore(backend: backend) }
  private static let quick = RetryPolicy(
    maxRetries: 2, initialDelay: .zero, budget: nil
  ) { ($0 as? DatastoreError)?.code == .aborted }

  private func key(_ name: String) -> Key { Key("Thing", name: name) }

  @Test
  func
    `Gets of one moment are one lookup, which begins the transaction; puts travel with the commit`()
    async throws
  {
    let value = try await datastore.transaction { tx in
      let found = try await Future.all([tx.get(key("a")), tx.get(key("b"))]).value
      tx.put(Entity(key("a"), ["value": 1]))
      tx.delete(key("b"))
      tx.put(Entity(key("a"), ["value": 2]))
      _ = try await tx.get(key("c")).value
      return found.count
    }.value
    #expect(value == 2)
    #expect(
      backend.calls
        == [
          "lookup 2 begin readWrite", "lookup 1 in 1",
          "commit upsert Thing(\"a\") delete Thing(\"b\") in 1",
        ].map { $0.replacing("Thing(\"a\")", with: "\(key("a"))") }.map {
          $0.replacing("Thing(\"b\")", with: "\(key("b"))")
        })
  }

  @Test func `Concurrent first reads begin one transaction`()
    async throws
  {
    try await datastore.transaction { tx in
      async let a = tx.get(key("a")).value
      async let count = tx.query(Query(kind: "Thing")).count().value
      _ = try await (a, count)
    }.value
    #expect(backend.calls.count { $0.contains("begin") } == 1)
    #expect(backend.calls.last == "commit in 1")
  }

  @Test func `A transaction without reads is one request, and an empty one is none`()
    async throws
  {
    try await datastore.transaction { tx in _ = tx.put(Entity(key("a"))) }.value
    #expect(backend.calls == ["commit upsert \(key("a")) begin readWrite"])
    try await datastore.transaction { _ in }.value
    #expect(backend.calls.count == 1)
  }

  @Test
  func
    `An aborted transaction is retried and names the attempt before it`()
    async throws
  {
    backend.abortions.withLock { $0 = 2 }
    let runs = Lock(0)
    let datastore = datastore
    try await datastore.transaction(retry: Self.quick) { tx in
      runs.withLock { $0 += 1 }
      _ = try await tx.get(key("a")).value
      tx.put(Entity(key("a")))
    }.value
    #expect(runs.withLock { $0 } == 3)
    #expect(
      backend.calls.filter { $0.contains("begin") } == [
        "lookup 1 begin readWrite", "lookup 1 begin readWrite after 1",
        "lookup 1 begin readWrite after 2",
      ])
    #expect(datastore.statistics().transactionRetries == 2)

    backend.abortions.withLock { $0 = 3 }
    let error =
      await datastore.transaction(retry: Self.quick) { tx in
        tx.put(Entity(key("a")))
        tx.afterCommit { Issue.record("nothing was committed") }
      }.getException() as? DatastoreError
    #expect(error?.code == .aborted)
    #expect(error?.message.contains("All 3 attempts") == true)
    #expect((error?.cause as? DatastoreError)?.message == "faster")
  }

  @Test
  func
    `A conflicting read retries the transaction, also if the closure ignores its error`()
    async throws
  {
    backend.readAbortions.withLock { $0 = 1 }
    let runs = Lock(0)
    try await datastore.transaction(retry: Self.quick) { tx in
      runs.withLock { $0 += 1 }
      _ = try? await tx.get(key("a")).value
      tx.put(Entity(key("a")))
    }.value
    #expect(runs.withLock { $0 } == 2)
    #expect(backend.calls.count { $0.hasPrefix("commit") } == 1)
  }

  private struct Regret: Error {}

  private func fail() throws { throw Regret() }

  @Test func `A throw rolls back and comes out unchanged, with its traceback`() async throws {
    let future = datastore.transaction { tx in
      _ = try await tx.get(key("a")).value
      tx.put(Entity(key("a")))
      tx.afterCommit { Issue.record("nothing was committed") }
      try fail()
    }
    await future.wait()
    #expect(backend.calls == ["lookup 1 begin readWrite", "rollback 1"])
    let traceback = try #require(await future.getTraceback())
    #expect(await future.getException() is Regret)
    #expect("\(traceback)".contains("TransactionTests.swift"))
    #expect(!"\(traceback)".contains("ArrivalDatastore/"))
    var options = Traceback.FormatOptions()
    options.includesRuntime = true
    #expect(traceback.format(options: options).contains("ArrivalDatastore/"))
  }

  @Test func `Other failures of a commit are not retried, and the transaction is rolled back`()
    async throws
  {
    backend.failure.withLock { $0 = DatastoreError(.unavailable, "gone") }
    let error =
      await datastore.transaction { tx in
        _ = try await tx.get(key("a")).value
        tx.put(Entity(key("a")))
      }.getException() as? DatastoreError
    #expect(error?.code == .unavailable)
    #expect(backend.calls.count { $0.hasPrefix("commit") } == 1)
    #expect(backend.calls.last == "rollback 1")
  }

  @Test func `Callbacks run after the commit, in their order, and may begin another transaction`()
    async throws
  {
    let datastore = datastore
    let log = Lock<[String]>([])
    try await datastore.transaction { tx in
      tx.afterCommit { [backend] in log.withLock { $0.append("1 after \(backend.calls.count)") } }
      tx.put(Entity(key("a")))
      tx.afterCommit {
        let result = await datastore.transaction { tx in _ = tx.put(Entity(key("b"))) }.result
        log.withLock { $0.append("2 \((try? result.get()) != nil)") }
      }
    }.value
    #expect(log.withLock { $0 } == ["1 after 1", "2 true"])
  }

  @Test func `A nested transaction is refused with advice, and a parallel one is not`()
    async throws
  {
    let (datastore, other) = (datastore, datastore)
    try await datastore.transaction { tx in
      let error = await datastore.transaction { _ in }.getException() as? DatastoreError
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("inside another one") == true)
      let inTasklet = Future { await datastore.transaction { _ in }.getException() }
      #expect(try await inTasklet.value is DatastoreError)
      try await other.transaction { _ in }.value
    }.value
    try await datastore.transaction { _ in }.value
  }

  @Test func `A refused write fails the transaction, also if nobody awaits it`() async throws {
    let long = String(repeating: "x", count: 2_000)
    for attempt in 0..<2 {
      let error =
        await datastore.transaction { tx in
          let future = tx.put(Entity(key("a"), ["text": .indexed(.string(long))]))
          if attempt == 1 { _ = await future.getException() }
        }.getException() as? DatastoreError
      #expect(error?.code == .invalidArgument)
      #expect(error?.property == "text")
    }
    let tooMany =
      await datastore.transaction { tx in
        for number in 1...501 { tx.put(Entity(Key("Thing", id: Int64(number)))) }
      }.getException() as? DatastoreError
    #expect(tooMany?.message.contains("501 entities") == true)
    let readOnly =
      await datastore.transaction(.readOnly()) { tx in tx.delete(key("a")) }
      .getException() as? DatastoreError
    #expect(readOnly?.message.contains("read-only") == true)
    #expect(backend.calls.isEmpty)
  }

  @Test func `A read-only transaction ends with a rollback and never commits`() async throws {
    try await datastore.transaction(.readOnly()) { tx in _ = try await tx.get(key("a")).value }
      .value
    #expect(backend.calls == ["lookup 1 begin readOnly", "rollback 1"])
  }

  @Test func `A transaction refuses reads and writes after its closure has returned`() async throws
  {
    let datastore = datastore
    let tx = try await datastore.transaction { $0 }.value
    for error in [
      await tx.get(key("a")).getException(), await tx.put(Entity(key("a"))).getException(),
      await tx.query(Query(kind: "Thing")).count().getException(),
    ] {
      #expect((error as? DatastoreError)?.code == .failedPrecondition)
      #expect("\(error!)".contains("The transaction has ended"))
    }
    #expect(backend.calls.isEmpty)
  }

  @Test func `A put after the writes closed is refused`()
    throws
  {
    var writes = TransactionWrites()
    let (early, late) = (Entity(key("a")), Entity(key("b")))
    try writes.add(.upsert(early), bytes: 1)
    guard case .closed = try writes.settle() else {
      Issue.record("there is nothing to wait for")
      return
    }
    #expect(throws: DatastoreError.self) { try writes.add(.upsert(late), bytes: 1) }
    #expect(throws: DatastoreError.self) { try writes.wait(for: Future(value: key("b"))) }
    #expect(writes.mutations == [.upsert(early)])
    #expect(!writes.isOpen)
  }

  @Test func `Limits are checked after the writes closed, so nothing is added later`() throws {
    var writes = TransactionWrites()
    for id in 1...500 as ClosedRange<Int64> {
      try writes.add(.upsert(Entity(Key("Thing", id: id))), bytes: 1)
    }
    try writes.wait(for: Future(value: key("a")))
    guard case .wait(let futures) = try writes.settle(), futures.count == 1 else {
      Issue.record("an ID is under way")
      return
    }
    // Still open: with its ID the write comes.
    try writes.add(.upsert(Entity(key("a"))), bytes: 1)
    #expect(throws: DatastoreError.self) { _ = try writes.settle() }
    #expect(!writes.isOpen)
  }

  @Test func `An incomplete key gets its ID inside the transaction, and the commit waits for it`()
    async throws
  {
    try await datastore.transaction { tx in _ = tx.put(Entity(Key(incomplete: "Thing"))) }.value
    #expect(
      backend.calls == ["allocate 1", "commit upsert \(Key("Thing", id: 1)) begin readWrite"])
  }

  @Test func `Closing waits for a running transaction`() async throws {
    let datastore = datastore
    let (started, go) = (Promise<Void>(), Promise<Void>())
    let transaction = datastore.transaction { tx in
      started.succeed(())
      try await go.future.value
      tx.put(Entity(key("a")))
    }
    try await started.future.value
    let closing = Future { try await datastore.close() }
    go.succeed(())
    try await transaction.value
    try await closing.value
    #expect(backend.calls.last == "close")
    #expect(await datastore.transaction { _ in }.getException() is DatastoreError)
  }
}

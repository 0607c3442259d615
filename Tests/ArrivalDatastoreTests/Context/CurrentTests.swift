// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Synchronization
import Testing

/// Code can ask for the transaction and the context in which it runs.
@Suite struct CurrentTests {
  private struct Failed: Error {}

  private let datastore = Datastore(backend: InMemoryBackend())
  private let a = Key("K", name: "a")

  @Test func `Code knows the transaction in which it runs`() async throws {
    #expect(!datastore.isInTransaction && datastore.currentStore is Datastore)
    let other = Datastore(backend: InMemoryBackend())
    try await datastore.transaction { [datastore] tx in
      #expect(datastore.currentTransaction === tx)
      #expect(datastore.currentStore as? Transaction === tx)
      #expect(!other.isInTransaction)
      tx.afterCommit { #expect(!datastore.isInTransaction) }
    }.value
  }

  @Test func `A function joins the transaction of its caller, or begins one`() async throws {
    @Sendable func add(_ amount: Int64) -> Future<Int64> {
      datastore.joinTransaction(readsOwnWrites: true) { [a] tx in
        let old = try await tx.get(a).value?["n"]?.integerValue ?? 0
        tx.put(Entity(a, ["n": .indexed(.integer(old + amount))]))
        return old + amount
      }
    }
    #expect(try await add(1).value == 1)
    await #expect(throws: Failed.self) {
      try await datastore.transaction(readsOwnWrites: true) { _ in
        _ = try await add(10).value
        let sum = try await add(10).value
        #expect(sum == 21)
        throw Failed()
      }.value
    }
    #expect(try await datastore.get(a).value?["n"] == 1)
  }

  @Test func `afterCommit of a datastore runs at once outside of transactions`() async throws {
    let log = Mutex<[String]>([])
    let note: @Sendable (String) -> Void = { text in log.withLock { $0.append(text) } }
    try await datastore.afterCommit { note("at once") }.value
    try await datastore.transaction { [datastore] tx in
      datastore.afterCommit { note("after") }
      note("inside")
    }.value
    #expect(log.withLock { $0 } == ["at once", "inside", "after"])
  }

  @Test func `Each attempt of a transaction tells its outcome`() async throws {
    let log = Mutex<[String]>([])
    let attempts = Atomic(0)
    try await datastore.transaction { [a, datastore] tx in
      tx.afterCompletion { outcome in
        log.withLock { log in
          switch outcome {
          case .success: log.append("committed")
          case .failure(let error): log.append("\((error as? DatastoreError)?.code.rawValue ?? "")")
          }
        }
      }
      _ = try await tx.get(a).value
      if attempts.add(1, ordering: .relaxed).newValue == 1 {
        _ = try await datastore.put(Entity(a, ["n": 1])).value
      }
      tx.put(Entity(a, ["n": 2]))
    }.value
    #expect(log.withLock { $0 } == ["aborted", "committed"])
  }

  @Test func `A context forgets what it is told to forget`() async throws {
    let backend = ScriptedBackend()
    let datastore = Datastore(backend: backend)
    #expect(datastore.currentContext == nil)
    try await datastore.withContext {
      _ = try await datastore.get(a).value
      _ = try await datastore.get(a).value
      #expect(backend.lookups.count == 1 && datastore.currentContext?.count == 1)
      datastore.currentContext?.clearCache()
      _ = try await datastore.get(a).value
      #expect(backend.lookups.count == 2)
      datastore.currentContext?.forget(a)
      _ = try await datastore.get(a).value
      #expect(backend.lookups.count == 3)
    }
  }

  @Test func `Clearing a context leaves its pending writes`() async throws {
    let backend = ScriptedBackend()
    let gate = Promise<Void>("gate")
    backend.set { $0.commitGates = [gate.future] }
    let datastore = Datastore(backend: backend)
    try await datastore.withContext {
      let write = datastore.put(Entity(a, ["n": 1]))
      datastore.currentContext?.clearCache()
      #expect(try await datastore.get(a).value?["n"] == 1)
      #expect(backend.lookups.isEmpty)
      gate.succeed()
      _ = try await write.value
    }
  }

  @Test func `Flushing waits for the writes requested before`() async throws {
    let futures = (1...20).map { datastore.put(Entity(Key("K", id: $0))) }
    await datastore.flush()
    #expect(futures.allSatisfy { $0.done() })
    _ = try await Future.all(futures).value
  }
}

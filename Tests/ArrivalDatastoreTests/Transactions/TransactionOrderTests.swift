// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@testable import ArrivalDatastore

/// The order in which a transaction's requests are sent and its end is told.
@Suite struct TransactionOrderTests {
  private let manual = ManualExecutor()
  private let backend = TransactionalBackend()
  private let datastore: Datastore
  private let key = Key("Thing", name: "a")

  init() { datastore = Datastore(backend: backend, on: manual.executor) }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  @Test func `A commit waits for reads that the closure did not await`() throws {
    let gate = Promise<Void>()
    backend.readGate.withLock { $0 = gate.future }
    let transaction = datastore.transaction { tx in
      tx.get(key).onCompletion { _ in }
      // Long enough for the lookup to be sent.
      try await Future.sleep(for: .milliseconds(1)).value
      tx.put(Entity(key))
    }
    settle()
    settle()
    #expect(backend.calls == ["lookup 1 begin readWrite"])
    gate.succeed(())
    settle()
    #expect(backend.calls.last == "commit upsert \(key) in 1")
    try transaction.getResult()
  }

  @Test func `A closure that ignores its cancellation is rolled back`() {
    let gate = Promise<Void>()
    let transaction = datastore.transaction { tx in
      _ = try await tx.get(key).value
      tx.put(Entity(key))
      await Future { await gate.future.wait() }.wait()
    }
    settle()
    transaction.cancel()
    gate.succeed(())
    settle()
    #expect(transaction.getException() is CancellationError)
    #expect(backend.calls == ["lookup 1 begin readWrite", "rollback 1"])
  }

  @Test func `An aborted commit needs no rollback`() {
    backend.abortions.withLock { $0 = 1 }
    let policy = RetryPolicy(maxRetries: 0, budget: nil) { _ in true }
    let transaction = datastore.transaction(retry: policy) { tx in
      _ = try await tx.get(key).value
      tx.put(Entity(key))
    }
    settle()
    #expect((transaction.getException() as? DatastoreError)?.code == .aborted)
    #expect(backend.calls == ["lookup 1 begin readWrite", "commit upsert \(key) in 1"])
  }

  @Test func `A task that outlives a transaction may begin another`() throws {
    let gate = Promise<Void>()
    let transaction = datastore.transaction { [datastore] _ in
      Future {
        try await gate.future.value
        return try await datastore.transaction { _ in 7 }.value
      }
    }
    settle()
    let later = try transaction.getResult()
    gate.succeed(())
    settle()
    #expect(try later.getResult() == 7)
  }

  @Test func `A get of an incomplete key is refused and not sent`() throws {
    let transaction = datastore.transaction { tx in
      (await tx.get(Key(incomplete: "Thing")).getException() as? DatastoreError)?.code
    }
    settle()
    #expect(try transaction.getResult() == .invalidArgument)
    #expect(backend.calls.isEmpty)
  }

  @Test func `A get that is unsent when the closure returns is refused`() throws {
    let transaction = datastore.transaction { [key] tx in tx.get(key) }
    settle()
    let get = try transaction.getResult()
    settle()
    #expect((get.getException() as? DatastoreError)?.code == .failedPrecondition)
    #expect(backend.calls.isEmpty)
  }
}

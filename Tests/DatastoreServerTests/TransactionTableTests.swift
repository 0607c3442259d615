// SPDX-License-Identifier: Apache-2.0
#if Server
  import DatastoreEngine
  import DatastoreInMemory
  import DatastoreModel
  import Testing

  @testable import DatastoreServer

  @Suite struct TransactionTableTests {
    private let key = Key("Task", id: 1)

    /// A table with a transaction of a client, which has locked the key.
    private func open() async throws -> (TransactionTable, PessimisticBackend, TransactionID) {
      let backend = PessimisticBackend(InMemoryBackend())
      let table = TransactionTable()
      let id = try await backend.beginTransaction(.readWrite())
      table.begin(id, .readWrite(), on: backend, "client")
      _ = try await table.reading(.running(id), on: backend, "client", \.transaction) {
        try await backend.lookup([key], in: .running(id))
      }
      return (table, backend, id)
    }

    @Test func `A transaction that is idle for too long releases its locks`() async throws {
      let (table, backend, _) = try await open()
      await table.expire(now: .now + .seconds(59))
      #expect(table.count == 1)
      await table.expire(now: .now + .seconds(61))
      #expect(table.count == 0)
      #expect(backend.isIdle)
    }

    @Test func `The transaction of a client that is gone ends soon`() async throws {
      let (table, backend, _) = try await open()
      table.peerLeft("another client")
      await table.expire(now: .now + .seconds(6))
      #expect(table.count == 1)
      table.peerLeft("client")
      await table.expire(now: .now + .seconds(6))
      #expect(table.count == 0)
      #expect(backend.isIdle)
    }

    @Test func `A committed transaction is forgotten`() async throws {
      let (table, backend, id) = try await open()
      _ = try await table.ending(id) { try await backend.commit([], in: .running(id)) }
      #expect(table.count == 0)
    }

    @Test func `A read that begins a transaction opens it`() async throws {
      let backend = InMemoryBackend()
      let table = TransactionTable()
      let reply = try await table.reading(
        .begin(.readOnly()), on: backend, "client", \.transaction
      ) {
        try await backend.lookup([key], in: .begin(.readOnly()))
      }
      let id = try #require(reply.transaction)
      #expect(table.isReadOnly(id))
    }
  }
#endif

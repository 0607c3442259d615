// SPDX-License-Identifier: Apache-2.0
#if Server
  import DatastoreEngine
  import DatastoreInMemory
  import DatastoreModel
  import DatastoreProtos
  import GRPCCore
  import Testing

  @testable import DatastoreServer

  @Suite struct TransactionTableTests {
    private let key = Key("Task", id: 1)

    private func target(_ backend: any DatastoreBackend) -> RequestHandler.Target {
      RequestHandler.Target(
        name: DatabaseName(project: "p"), backend: backend,
        format: WireFormat(project: "p", database: "", sender: .client))
    }

    /// A table with a transaction of a client, which has locked the key.
    private func open() async throws -> (TransactionTable, PessimisticBackend, TransactionID) {
      let backend = PessimisticBackend(InMemoryBackend())
      let table = TransactionTable()
      let id = try await backend.beginTransaction(.readWrite())
      try await table.begin(id, .readWrite(), on: target(backend), "client", since: 0)
      _ = try await table.reading(.running(id), on: target(backend), "client", \.transaction) {
        try await backend.lookup([key], in: .running(id))
      }
      return (table, backend, id)
    }

    @Test func `A transaction that is idle for too long releases its locks`() async throws {
      let (table, backend, id) = try await open()
      await table.expire(now: .now + .seconds(59))
      #expect(table.count == 1)
      await table.expire(now: .now + .seconds(61))
      #expect(table.count == 0)
      #expect(backend.isIdle)
      let failure = await #expect(throws: ServerFailure.self) {
        try await table.ending(id) { try await backend.commit([], in: .running(id)) }
      }
      #expect(failure?.code == .invalidArgument)
      #expect(failure?.message.contains("idle for over 60 s") == true)
    }

    @Test func `The transaction of a client that is gone ends soon`() async throws {
      let (table, backend, _) = try await open()
      table.peerLeft("another client")
      await table.expire(now: .now + .seconds(2))
      #expect(table.count == 1)
      table.peerLeft("client")
      await table.expire(now: .now + .seconds(2))
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
        .begin(.readOnly()), on: target(backend), "client", \.transaction
      ) {
        try await backend.lookup([key], in: .begin(.readOnly()))
      }
      let id = try #require(reply.transaction)
      #expect(table.isReadOnly(id))
    }

    @Test func `A transaction whose client has given up is rolled back at once`() async throws {
      let backend = PessimisticBackend(InMemoryBackend())
      let table = TransactionTable()
      let id = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([key], in: .running(id))
      let beginning = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        try await table.begin(id, .readWrite(), on: target(backend), "client", since: 0)
      }
      await #expect(throws: CancellationError.self) { try await beginning.value }
      #expect(table.count == 0)
      #expect(backend.isIdle)
    }

    @Test func `A transaction that was begun before a reset ends with it`() async throws {
      let (table, backend, _) = try await open()
      let before = table.resets
      let late = try await backend.beginTransaction(.readWrite())
      await table.endAll()
      try await table.begin(late, .readWrite(), on: target(backend), "client", since: before)
      #expect(table.count == 0)
      let failure = await #expect(throws: ServerFailure.self) {
        try await table.ending(late) { try await backend.commit([], in: .running(late)) }
      }
      #expect(failure?.message.contains("reset") == true)
    }

    @Test func `A reset ends all transactions and says so`() async throws {
      let (table, backend, id) = try await open()
      await table.endAll()
      #expect(table.count == 0)
      #expect(backend.isIdle)
      let failure = await #expect(throws: ServerFailure.self) {
        try await table.reading(.running(id), on: target(backend), "client", \.transaction) {
          try await backend.lookup([key], in: .running(id))
        }
      }
      #expect(failure?.message.contains("reset") == true)
    }
  }
#endif

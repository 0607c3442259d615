// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import DatastoreContractTests
  import DatastoreModel
  import Testing

  @testable import DatastoreSQLite

  /// Transactions that begin while all connections are taken, and do not wait.
  @Suite(.timeLimit(.minutes(5))) struct TransactionsWithoutConnectionTests {
    private let folder: TemporaryFolder
    private let key = Key("K", id: 1)

    init() throws { folder = try TemporaryFolder() }

    private func backend(history: Duration = .zero) throws -> SQLiteBackend {
      try SQLiteBackend(
        path: folder.file("store"),
        configuration: .init(
          maxTransactions: 1, beginsWithoutConnection: true, historyTime: history))
    }

    private func entity(_ number: Int64) -> Entity { Entity(key, ["n": .init(.integer(number))]) }

    @Test func `A transaction begins at once when all connections are taken`() async throws {
      let backend = try backend()
      let ids = try await (0..<300).asyncMap { _ in
        try await backend.beginTransaction(.readWrite())
      }
      #expect(backend.transactions.limiter.heldCount == 1)
      for id in ids {
        #expect(try await backend.lookup([key], in: .running(id)).found.isEmpty)
      }
      for id in ids { try await backend.rollback(id) }
      try await backend.close()
    }

    @Test func `Without a connection, a commit checks what was read`() async throws {
      let backend = try backend()
      let first = try await backend.beginTransaction(.readWrite())
      let second = try await backend.beginTransaction(.readWrite())
      let third = try await backend.beginTransaction(.readWrite())
      for id in [second, third] { _ = try await backend.lookup([key], in: .running(id)) }
      _ = try await backend.commit([.insert(entity(1))], in: .running(second))
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.commit([.upsert(entity(2))], in: .running(third))
      }
      #expect(error?.code == .aborted)
      try await backend.rollback(first)
      try await backend.close()
    }

    @Test func `Without a connection, no read mixes two states`() async throws {
      let backend = try backend()
      let other = Key("K", id: 2)
      let first = try await backend.beginTransaction(.readOnly())
      let second = try await backend.beginTransaction(.readOnly())
      _ = try await backend.lookup([key], in: .running(second))
      _ = try await backend.commit([.insert(entity(1)), .insert(Entity(other))])
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.lookup([other], in: .running(second))
      }
      #expect(error?.code == .aborted)
      try await backend.rollback(first)
      try await backend.close()
    }

    @Test func `With a history, a transaction that only reads sees the state at its beginning`()
      async throws
    {
      let backend = try backend(history: .seconds(600))
      _ = try await backend.commit([.upsert(entity(1))])
      let first = try await backend.beginTransaction(.readOnly())
      let second = try await backend.beginTransaction(.readOnly())
      _ = try await backend.commit([.upsert(entity(2))])
      for id in [first, second, second] {
        let found = try await backend.lookup([key], in: .running(id)).found.first
        #expect(found?["n"] == .integer(1))
      }
      for id in [first, second] { try await backend.rollback(id) }
      try await backend.close()
    }

    @Test(arguments: DatastoreContract.cases)
    func `The contract holds without a connection`(_ contract: DatastoreContract.Case) async throws
    {
      let backend = try backend()
      let holder = try await backend.beginTransaction(.readOnly())
      try await contract.run { backend }
      try? await backend.rollback(holder)
    }
  }

  extension Sequence {
    fileprivate func asyncMap<Result>(
      _ transform: (Element) async throws -> Result
    ) async rethrows -> [Result] {
      var results: [Result] = []
      for element in self { results.append(try await transform(element)) }
      return results
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// A transaction gives its connection back once, when no read uses it any more.
  @Suite(.timeLimit(.minutes(1))) struct ConnectionReturnTests {
    private let backend: SQLiteBackend
    private let folder: TemporaryFolder
    private let key = Key("K", id: 1)

    init() async throws {
      folder = try TemporaryFolder()
      backend = try SQLiteBackend(path: folder.file("store"))
      _ = try await backend.commit([.insert(Entity(key, ["v": 1]))])
    }

    private var heldCount: Int { backend.transactions.limiter.heldCount }

    /// Waits for the queue of a connection, on which it is given back.
    private func settle(_ transaction: OpenTransaction) async throws {
      _ = try await transaction.snapshot?.read { try Int.fetchOne($0, sql: "SELECT 1") }
    }

    @Test func `A connection is kept while one of two reads goes on after a rollback`()
      async throws
    {
      let open = backend.transactions
      let id = try await backend.beginTransaction(.readOnly())
      let transaction = try await open.use(id) { outer in
        _ = try await open.use(id) { _ in
          try await backend.rollback(id)
          try await settle(outer)
          #expect(heldCount == 1, "given back by the rollback")
        }
        try await settle(outer)
        #expect(heldCount == 1, "given back by the first read that ended")
        return outer
      }
      try await settle(transaction)
      #expect(heldCount == 0)
      try await backend.close()
    }

    @Test
    func `A transaction begun during a read of an ended one has its own connection`()
      async throws
    {
      let open = backend.transactions
      let old = try await backend.beginTransaction(.readOnly())
      let new = try await open.use(old) { transaction in
        try await backend.rollback(old)
        try await settle(transaction)
        return try await backend.beginTransaction(.readOnly())
      }
      // The read of the old transaction has ended since, and its connection was given back.
      let found = try await backend.lookup([key], in: .running(new)).found
      #expect(found.map(\.key) == [key])
      try await backend.rollback(new)
      try await backend.close()
    }

    @Test func `Four connections are kept for later transactions, and the others closed`()
      async throws
    {
      var ids: [TransactionID] = []
      for _ in 0..<6 { ids.append(try await backend.beginTransaction(.readOnly())) }
      #expect(backend.transactions.snapshots.openCount == 6)
      for id in ids { try await backend.rollback(id) }
      while heldCount > 0 {
        try Task.checkCancellation()
        await Task.yield()
      }
      #expect(backend.transactions.snapshots.openCount == 4)
      try await backend.close()
    }

    @Test func `A first read that fails ends the transaction that it began`() async throws {
      var request = QueryRequest(kind: "K")
      request.startCursor = QueryCursor(bytes: [1, 2, 3])
      let damaged = request
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.query(damaged, in: .begin(.readOnly()))
      }
      #expect(error?.code == .invalidArgument)
      while heldCount > 0 {
        try Task.checkCancellation()
        await Task.yield()
      }
      try await backend.close()
    }

    @Test func `A transaction that was used is idle from then on`() async throws {
      let now = ContinuousClock.now
      let open = OpenTransactions()
      let id = open.add(OpenTransaction(.readOnly(), .checked), now: now - .seconds(200))
      try await open.use(id) { _ in }
      _ = open.checkForStall(now: now + .seconds(100))
      #expect(open.remove(id) != nil)
    }

    @Test func `While a transaction reads, waits for a connection do not fail`()
      async throws
    {
      let backend = try SQLiteBackend(
        path: folder.file("other"), configuration: .init(maxTransactions: 1))
      let id = try await backend.beginTransaction(.readOnly())
      let late = Task { try await backend.beginTransaction(.readOnly()) }
      while backend.transactions.limiter.waitingCount == 0 {
        try Task.checkCancellation()
        await Task.yield()
      }
      try await backend.transactions.use(id) { _ in
        backend.transactions.checkForStall(now: .now + .seconds(200))
        #expect(backend.transactions.limiter.waitingCount == 1)
      }
      try await backend.rollback(id)
      _ = try await late.value
      try await backend.close()
    }
  }
#endif

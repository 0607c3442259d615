// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import DatastoreContractTests
  import DatastoreEngine
  import DatastoreModel
  import Testing

  @testable import DatastoreSQLite

  /// A file that is written under locks here, and by others as they like.
  @Suite struct LockedFileTests {
    private let folder: TemporaryFolder
    private let file: SQLiteBackend
    private let locked: PessimisticBackend
    /// Another process, as far as the file can tell.
    private let stranger: SQLiteBackend
    private let key = Key("Counter", id: 1)

    init() throws {
      folder = try TemporaryFolder()
      file = try SQLiteBackend(path: folder.file("store"))
      locked = PessimisticBackend(file)
      stranger = try SQLiteBackend(path: folder.file("store"))
    }

    private func entity(_ count: Int64) -> Entity { Entity(key, ["count": .init(.integer(count))]) }

    private func close() async throws {
      #expect(locked.isIdle)
      try await locked.close()
      try await stranger.close()
    }

    private func expectAborted(_ id: TransactionID, _ mutation: Mutation) async {
      let error = await #expect(throws: DatastoreError.self) {
        try await locked.commit([mutation], in: .running(id))
      }
      #expect(error?.code == .aborted)
    }

    @Test func `A write of another process to what a transaction has read aborts the transaction`()
      async throws
    {
      _ = try await locked.commit([.upsert(entity(0))])
      let id = try await locked.beginTransaction(.readWrite())
      _ = try await locked.lookup([key], in: .running(id))
      _ = try await stranger.commit([.upsert(entity(5))])
      await expectAborted(id, .upsert(entity(1)))
      #expect(try await locked.lookup([key]).found.first?["count"] == .integer(5))
      try await close()
    }

    @Test func `An entity of another process aborts a transaction that has queried its kind`()
      async throws
    {
      let id = try await locked.beginTransaction(.readWrite())
      _ = try await locked.query(QueryRequest(kind: "Counter"), in: .running(id))
      _ = try await stranger.commit([.insert(entity(5))])
      await expectAborted(id, .upsert(Entity(Key("Counter", id: 2))))
      try await close()
    }

    @Test func `Transactions under locks in two processes lose no update`() async throws {
      _ = try await file.commit([.upsert(entity(0))])
      let second = PessimisticBackend(stranger)
      let committed = try await withThrowingTaskGroup(of: Int64.self) { group in
        for backend in [locked, locked, second, second] {
          group.addTask {
            var committed: Int64 = 0
            for _ in 0..<25 {
              do {
                let id = try await backend.beginTransaction(.readWrite())
                let read = try await backend.lookup([key], in: .running(id)).found.first
                guard case .integer(let count)? = read?["count"] else { continue }
                _ = try await backend.commit([.upsert(entity(count + 1))], in: .running(id))
                committed += 1
              } catch let error as DatastoreError where error.code == .aborted {}
            }
            return committed
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(try await file.lookup([key]).found.first?["count"] == .integer(committed))
      #expect(committed > 0)
      try await close()
    }

    @Test func `A transaction reads the newest state after it has waited`() async throws {
      _ = try await locked.commit([.upsert(entity(0))])
      let first = try await locked.beginTransaction(.readWrite())
      _ = try await locked.lookup([key], in: .running(first))
      let second = try await locked.beginTransaction(.readWrite())
      let waiting = Task { try await locked.lookup([key], in: .running(second)) }
      while locked.waitingCount == 0 {
        try Task.checkCancellation()
        await Task.yield()
      }
      _ = try await locked.commit([.upsert(entity(1))], in: .running(first))
      #expect(try await waiting.value.found.first?["count"] == .integer(1))
      _ = try await locked.commit([.upsert(entity(2))], in: .running(second))
      try await close()
    }

    @Test func `A transaction that is rolled back is forgotten below too`() async throws {
      let id = try await locked.beginTransaction(.readWrite())
      _ = try await locked.lookup([key], in: .running(id))
      try await locked.rollback(id)
      #expect(file.transactions.remove(id) == nil)
      try await close()
    }

    @Test func `Transactions in memory are not checked twice`() throws {
      #expect(try SQLiteBackend.inMemory().beginCheckedTransaction() == nil)
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// What transactions of SQLite do where the contract allows several outcomes.
  @Suite struct SQLiteTransactionTests {
    private func entity(_ name: String, _ value: Value) -> Entity {
      Entity(Key("Thing", name: name), ["value": .indexed(value)])
    }

    private func request(_ value: Value) -> QueryRequest {
      var request = QueryRequest(kind: "Thing")
      request.filter = .property("value", .equal, value)
      return request
    }

    private func expectAborted(_ body: () async throws -> Void) async {
      let error = await #expect(throws: DatastoreError.self) { try await body() }
      #expect(error?.code == .aborted)
    }

    @Test func `In a file a transaction reads the state of its beginning`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      _ = try await backend.commit([.insert(entity("a", 1)), .insert(entity("b", 1))])
      for mode in [TransactionMode.readOnly(), .readWrite()] {
        let id = try await backend.beginTransaction(mode)
        _ = try await backend.commit([.upsert(entity("a", 2)), .upsert(entity("c", 1))])
        let found = try await backend.lookup([Key("Thing", name: "a")], in: .running(id)).found
        #expect(found == [entity("a", 1)])
        let items = try await backend.query(request(1), in: .running(id)).items
        #expect(items.map { $0.entity.key?.name } == ["a", "b"])
        try await backend.rollback(id)
        _ = try await backend.commit([.upsert(entity("a", 1)), .delete(Key("Thing", name: "c"))])
      }
      try await backend.close()
    }

    @Test func `Transactions share a few connections, and each sees the newest state`() async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      do {
        let backend = try SQLiteBackend(path: path)
        for round in 1...40 {
          _ = try await backend.commit([.upsert(entity("a", .integer(Int64(round))))])
          var ids: [TransactionID] = []
          for _ in 0..<6 {
            let id = try await backend.beginTransaction(.readOnly())
            let reply = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
            #expect(reply.found == [entity("a", .integer(Int64(round)))])
            ids.append(id)
          }
          for id in ids { try await backend.rollback(id) }
        }
        // There are six at once, and some that are just being closed. If each transaction had one
        // of its own, there would be 240.
        #expect(backend.transactions.snapshots.openCount < 120)
      }
      // The backend was dropped and not closed. The log is removed all the same.
      #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    }

    @Test func `A plain commit to what was read aborts the transaction`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let reads: [(SQLiteBackend, TransactionID) async throws -> Void] = [
        { _ = try await $0.lookup([Key("Thing", name: "a")], in: .running($1)) },
        { _ = try await $0.query(request(2), in: .running($1)) },
        {
          let count = AggregationRequest(query: request(2), aggregations: [.count()])
          _ = try await $0.aggregate(count, in: .running($1))
        },
      ]
      for read in reads {
        _ = try await backend.commit([.upsert(entity("a", 1))])
        let id = try await backend.beginTransaction(.readWrite())
        try await read(backend, id)
        _ = try await backend.commit([.upsert(entity("a", 2))])
        await expectAborted {
          _ = try await backend.commit([.upsert(entity("b", 1))], in: .running(id))
        }
        #expect(try await backend.lookup([Key("Thing", name: "b")]).found.isEmpty)
      }
    }

    @Test func `Changes that are undone, or that the filter excludes, are no conflict`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([.upsert(entity("a", 1)), .upsert(entity("b", 5))])
      let id = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
      _ = try await backend.query(request(1), in: .running(id))
      _ = try await backend.commit([.upsert(entity("a", 2)), .upsert(entity("b", 6))])
      _ = try await backend.commit([.upsert(entity("a", 1))])
      _ = try await backend.commit([.upsert(entity("c", 1))], in: .running(id))
    }

    @Test func `Values that Swift calls equal but that differ in bytes are a conflict`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      for (old, new) in [(0.0, -0.0), ("\u{E9}", "e\u{301}")] as [(Value, Value)] {
        _ = try await backend.commit([.upsert(entity("a", old))])
        let id = try await backend.beginTransaction(.readWrite())
        _ = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
        _ = try await backend.commit([.upsert(entity("a", new))])
        await expectAborted {
          _ = try await backend.commit([.upsert(entity("b", 1))], in: .running(id))
        }
      }
    }

    @Test func `A commit of another process is a conflict too`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      let other = try SQLiteBackend(path: folder.file("store"))
      let id = try await backend.beginTransaction(.readWrite())
      _ = try await backend.query(request(1), in: .running(id))
      _ = try await other.commit([.upsert(entity("a", 1))])
      await expectAborted {
        _ = try await backend.commit([.upsert(entity("b", 1))], in: .running(id))
      }
      try await backend.close()
      try await other.close()
    }

    @Test func `In memory a read that no longer fits the earlier ones aborts`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let id = try await backend.beginTransaction(.readOnly())
      _ = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
      _ = try await backend.commit([.upsert(entity("a", 1))])
      await expectAborted {
        _ = try await backend.lookup([Key("Thing", name: "b")], in: .running(id))
      }
    }

    @Test func `An earlier state is refused`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let time = Timestamp(microseconds: 0)
      let error = await #expect(throws: DatastoreError.self) {
        _ = try await backend.beginTransaction(.readOnly(asOf: time))
      }
      #expect(error?.code == .invalidArgument)
    }

    @Test func `An idle transaction is forgotten, and one in use is not`() async throws {
      let open = OpenTransactions()
      let now = ContinuousClock.now
      let old = open.add(OpenTransaction(.readWrite(), .checked), now: now)
      let used = open.add(OpenTransaction(.readWrite(), .checked), now: now)
      try await open.use(used) { _ in
        let late = now + OpenTransactions.maxIdle + .seconds(1)
        _ = open.add(OpenTransaction(.readWrite(), .checked), now: late)
      }
      #expect(open.remove(old) == nil)
      #expect(open.remove(used) != nil)
    }

    @Test func `Closing ends the open transactions, and the file is whole`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      _ = try await backend.commit([.upsert(entity("a", 1))])
      let id = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
      try await backend.close()
      #expect(try folder.contents().keys.sorted() == ["store"])
    }
  }
#endif

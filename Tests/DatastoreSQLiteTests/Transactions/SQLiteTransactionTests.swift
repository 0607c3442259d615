#if SQLite
  import ArrivalDatastore
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// What SQLite's transactions do beyond the contract: where the contract allows several outcomes.
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

    @Test("In a file a transaction reads the state of its beginning, whatever is written meanwhile")
    func snapshot() async throws {
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

    @Test("Transactions share a few connections, see the newest state each, and leave none behind")
    func connections() async throws {
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
        // Six at once, and those that are just being closed; 240 if each had one of its own.
        #expect(backend.transactions.snapshots.openCount < 120)
      }
      // Dropped, not closed: the log is put away all the same.
      #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    }

    @Test("A plain commit to what was read aborts the transaction, and nothing of it is written")
    func plainCommits() async throws {
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

    @Test("What was changed and changed back is no conflict, nor is what the filter leaves out")
    func exact() async throws {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([.upsert(entity("a", 1)), .upsert(entity("b", 5))])
      let id = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
      _ = try await backend.query(request(1), in: .running(id))
      _ = try await backend.commit([.upsert(entity("a", 2)), .upsert(entity("b", 6))])
      _ = try await backend.commit([.upsert(entity("a", 1))])
      _ = try await backend.commit([.upsert(entity("c", 1))], in: .running(id))
    }

    @Test("Values that Swift calls equal and that differ in their bytes are a conflict")
    func bytes() async throws {
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

    @Test("A commit of another process is a conflict as one of this process is")
    func otherProcesses() async throws {
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

    @Test("In memory a read that no longer fits to the earlier ones aborts the transaction")
    func inMemory() async throws {
      let backend = try SQLiteBackend.inMemory()
      let id = try await backend.beginTransaction(.readOnly())
      _ = try await backend.lookup([Key("Thing", name: "a")], in: .running(id))
      _ = try await backend.commit([.upsert(entity("a", 1))])
      await expectAborted {
        _ = try await backend.lookup([Key("Thing", name: "b")], in: .running(id))
      }
    }

    @Test("An earlier state is refused, for SQLite keeps none")
    func earlierState() async throws {
      let backend = try SQLiteBackend.inMemory()
      let time = Timestamp(microseconds: 0)
      let error = await #expect(throws: DatastoreError.self) {
        _ = try await backend.beginTransaction(.readOnly(asOf: time))
      }
      #expect(error?.code == .invalidArgument)
    }

    @Test("A transaction left alone for minutes is forgotten, one in use is not")
    func forgotten() async throws {
      let open = OpenTransactions()
      let now = ContinuousClock.now
      let old = open.add(OpenTransaction(.readWrite(), nil), now: now)
      let used = open.add(OpenTransaction(.readWrite(), nil), now: now)
      try await open.use(used) { _ in
        let late = now + OpenTransactions.maximumIdle + .seconds(1)
        _ = open.add(OpenTransaction(.readWrite(), nil), now: late)
      }
      #expect(open.remove(old) == nil)
      #expect(open.remove(used) != nil)
    }

    @Test("Closing ends the transactions under way, and the file is whole")
    func closing() async throws {
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

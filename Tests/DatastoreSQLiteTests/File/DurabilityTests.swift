// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  @Suite struct DurabilityTests {
    @Test func `The writing connection has synchronous=FULL and a write-ahead log`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      let found = try await backend.database.writeWithoutTransaction { connection in
        (
          try Int.fetchOne(connection, sql: "PRAGMA synchronous"),
          try String.fetchOne(connection, sql: "PRAGMA journal_mode")
        )
      }
      #expect(found.0 == 2)
      #expect(found.1 == "wal")
      try await backend.close()
    }

    @Test func `A commit whose caller is cancelled is complete and has its outcome`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let mutations = (0..<500).map { Mutation.upsert(Entity(Key("K", name: "\($0)"))) }
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await backend.commit(mutations)
      }
      #expect(try await task.value.keys.count == 500)
      #expect(try await backend.lookup(mutations.compactMap(\.key)).found.count == 500)
    }

    @Test func `A damaged entity fails with dataLoss and its key, and others do not`() async throws
    {
      let backend = try SQLiteBackend.inMemory()
      let key = Key("K", name: "damaged")
      _ = try await backend.commit([.insert(Entity(key)), .insert(Entity(Key("K", name: "other")))])
      try await backend.database.write { connection in
        try connection.execute(sql: "UPDATE entity SET data = x'010163' WHERE id = 1")
      }
      let reply = try await backend.lookup([key, Key("K", name: "other")])
      #expect(reply.failures[key]?.code == .dataLoss)
      #expect(reply.failures[key]?.key == key)
      #expect(reply.failures.count == 1 && reply.found.count == 1)
    }

    @Test func `A damaged file fails with dataLoss and its path, and never traps`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path)
      let keys = (0..<500).map { Key("K", name: "\($0)") }
      _ = try await backend.commit(keys.map { .insert(Entity($0, ["text": "some text"])) })
      try await backend.close()
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      for index in 4_096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
      _ = try folder.write(bytes, to: "store")

      let damaged = try SQLiteBackend(path: path)
      let error = await #expect(throws: DatastoreError.self) { try await damaged.lookup(keys) }
      #expect(error?.code == .dataLoss)
      #expect(error?.message.contains(path) == true)
      try? await damaged.close()
    }

    @Test func `A file of an older version is migrated and keeps its entities`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let first = try SQLiteBackend(path: path)
      _ = try await first.commit([.insert(Entity(Key("K", id: 1), ["a": 1]))])
      try await first.close()

      var schema = Schema.current
      schema.steps += [
        Schema.Step(sql: "CREATE TABLE later (id INTEGER PRIMARY KEY)"),
        Schema.Step(sql: "INSERT INTO later VALUES (7)"),
      ]
      for _ in 0..<2 {
        let file = StoreFile(path: path, configuration: .default, schema: schema)
        let access = StoreAccess(path: path, version: schema.version)
        let second = SQLiteBackend(try file.open(), path: path, access: access)
        #expect(try await second.lookup([Key("K", id: 1)]).found.count == 1)
        let rows = try await second.database.read {
          try Int.fetchAll($0, sql: "SELECT id FROM later")
        }
        #expect(rows == [7])
        try await second.close()
      }
      #expect(throws: DatastoreError.self) { try SQLiteBackend(path: path) }
    }

    @Test func `A program stops using a file that a newer version migrates meanwhile`() async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let (one, two) = (Entity(Key("K", id: 1), ["a": 1]), Entity(Key("K", id: 2), ["a": 2]))
      let old = try SQLiteBackend(path: path)
      _ = try await old.commit([.insert(one)])
      let transaction = try await old.beginTransaction(.readWrite())
      _ = try await old.lookup([Key("K", id: 1)], in: .running(transaction))

      var schema = Schema.current
      schema.steps.append(Schema.Step(sql: "CREATE TABLE later (id INTEGER PRIMARY KEY)"))
      let file = StoreFile(path: path, configuration: .default, schema: schema)
      let access = StoreAccess(path: path, version: schema.version)
      let new = SQLiteBackend(try file.open(), path: path, access: access)
      _ = try await new.commit([.insert(two)])

      let calls: [(String, () async throws -> Void)] = [
        ("commit", { _ = try await old.commit([.upsert(one)]) }),
        (
          "commit of a transaction",
          { _ = try await old.commit([.upsert(one)], in: .running(transaction)) }
        ),
        ("lookup", { _ = try await old.lookup([Key("K", id: 1)]) }),
        ("query", { _ = try await old.query(QueryRequest(kind: "K")) }),
        ("IDs", { _ = try await old.allocateIDs(for: [Key(incomplete: "K")]) }),
        (
          "index",
          { try await old.createIndex(.init(kind: "K", [QueryOrder("a"), QueryOrder("b")])) }
        ),
        ("contents", { _ = try await old.contents() }),
      ]
      for (what, call) in calls {
        let error = await #expect(throws: DatastoreError.self, "\(what)") { try await call() }
        #expect(error?.code == .failedPrecondition, "\(what)")
        #expect(error?.message.contains("has version \(schema.version)") == true, "\(what)")
      }
      #expect(try await new.lookup([Key("K", id: 1), Key("K", id: 2)]).found.count == 2)
      try await old.close()
      try await new.close()
    }

    @Test func `A failed migration leaves the file unchanged`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      try await SQLiteBackend(path: path).close()
      var schema = Schema.current
      schema.steps += [
        Schema.Step(sql: "CREATE TABLE later (id INTEGER PRIMARY KEY)"),
        Schema.Step(sql: "not SQL"),
      ]
      let file = StoreFile(path: path, configuration: .default, schema: schema)
      #expect(throws: DatastoreError.self) { try file.open() }
      let backend = try SQLiteBackend(path: path)
      let tables = try await backend.database.read {
        try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
      }
      #expect(
        tables.sorted() == [
          "clock", "composite", "entity", "entry", "history", "property", "reserved", "sequence",
          "sqlite_sequence",
        ])
      try await backend.close()
    }
  }
#endif

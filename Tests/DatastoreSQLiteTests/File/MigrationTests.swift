// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import Foundation
  import GRDB
  import Testing

  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  @testable import DatastoreSQLite

  /// Files of version 1, which had no index.
  @Suite(.serialized) struct MigrationTests {
    /// Writes a file as version 1 did, with its own statements, which never change.
    private func makeOld(_ path: String, _ entities: [Entity]) throws {
      let queue = try DatabaseQueue(path: path)
      try queue.inDatabase { connection in
        try connection.execute(
          sql: """
            PRAGMA application_id = 1098020460; PRAGMA user_version = 1;
            CREATE TABLE entity (
              id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, data BLOB NOT NULL) STRICT
            """)
        _ = try Row.fetchOne(connection, sql: "PRAGMA journal_mode = WAL")
        try connection.inTransaction {
          for entity in entities {
            var key = BlobWriter()
            KeyCodec.encode(try #require(entity.key), into: &key)
            var data = BlobWriter()
            try EntityCodec.encode(entity, into: &data)
            // Entities had no checksum then.
            let old = [1] + data.bytes[1..<data.count - 4]
            try connection.execute(
              sql: "INSERT INTO entity (key, data) VALUES (?, ?)",
              arguments: [Data(key.bytes), Data(old)])
          }
          return .commit
        }
      }
      try queue.close()
    }

    private func entities(_ count: Int) -> [Entity] {
      (1...count).map { id in
        Entity(
          Key("Row", name: "\(id)"), ["number": .indexed(.integer(Int64(id))), "tags": ["a", "b"]])
      }
    }

    /// Expects to find all entities by key, query and count.
    private func check(_ path: String, _ count: Int) async throws {
      let backend = try SQLiteBackend(path: path)
      let datastore = Datastore(backend: backend)
      let all = Query(kind: "Row")
      #expect(try await datastore.query(all).count().value == count)
      #expect(
        try await datastore.query(all.where(Property("number") >= 1)).count().value == count)
      #expect(
        try await datastore.query(all.where(Property("tags") == "b")).count().value == count)
      let last = try await datastore.query(all.order(by: "number", .descending)).first().value
      #expect(last?["number"] == .integer(Int64(count)))
      #expect(try await datastore.get(Key("Row", name: "\(count)")).value != nil)
      let version = try await backend.database.read {
        try Int.fetchOne($0, sql: "PRAGMA user_version")
      }
      #expect(version == 7)
      #expect(try await StoreAudit.hints(backend).others == 0)
      try await datastore.close()
    }

    @Test func `The application ID in these tests is that of the schema`() {
      #expect(Schema.applicationID == 1_098_020_460)
    }

    @Test func `A file of version 1 is opened, and queries find its entities`() async throws {
      let folder = try TemporaryFolder()
      try makeOld(folder.file("store"), entities(25))
      try await check(folder.file("store"), 25)
      try await check(folder.file("store"), 25)
    }

    @Test func `Entities of several portions are all indexed`() async throws {
      let folder = try TemporaryFolder()
      try makeOld(folder.file("store"), entities(10_000))
      try await check(folder.file("store"), 10_000)
    }

    @Test func `A process killed while it migrates leaves the old file or the new one`()
      async throws
    {
      let count = 3_000
      var generator = SeededGenerator(seed: 21)
      var old = 0
      for _ in 0..<12 {
        let folder = try TemporaryFolder()
        let path = folder.file("store")
        try makeOld(path, entities(count))
        let helper = try HelperProcess(path: path, prefix: "x", last: 0, size: 1)
        // In a debug build, this is from the start of the process to the end of the migration or
        // later.
        let moment = Duration.milliseconds(Int.random(in: 0..<400, using: &generator))
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < moment {}
        helper.stop()
        let queue = try DatabaseQueue(path: path)
        let (version, tables) = try await queue.read { connection in
          (
            try Int.fetchOne(connection, sql: "PRAGMA user_version"),
            try String.fetchAll(
              connection, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
          )
        }
        try queue.close()
        if version == 1 { old += 1 }
        #expect(
          tables
            == (version == 1
              ? ["entity"]
              : [
                "clock", "composite", "entity", "entry", "history", "property", "reserved",
                "sequence", "sqlite_sequence",
              ]))
        try await check(path, count)
      }
      // Otherwise all kills came after the migration.
      #expect(old > 0)
    }

    @Test func `A migration that fails halfway leaves the old file, and can be repeated`()
      async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      try makeOld(path, entities(5))
      var schema = Schema.current
      let fill = schema.steps[1].fill
      schema.steps[1].fill = { connection in
        try fill?(connection)
        throw DatabaseError(resultCode: .SQLITE_FULL, message: "as on a full disk")
      }
      let file = StoreFile(path: path, configuration: .default, schema: schema)
      let error = #expect(throws: DatastoreError.self) { try file.open() }
      #expect(error?.code == .resourceExhausted)
      try await check(path, 5)
    }
  }
#endif

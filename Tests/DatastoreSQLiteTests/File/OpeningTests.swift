#if SQLite
  import ArrivalDatastore
  import DatastoreSQLite
  import Foundation
  import GRDB
  import Testing

  /// What is at the path when the datastore is opened.
  @Suite struct OpeningTests {
    @Test("Files that are not databases are refused and left as they are")
    func notADatabase() throws {
      let texts: [String] = [
        "x", "SQLite format 3", "SQLite format 3\0", "a,b\n1,2\n",
        String(repeating: "not a database ", count: 1_000),
      ]
      for text in texts { try expectRefusal("is not a database") { Array(text.utf8) } }
      try expectRefusal("is not a database") {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        bytes[68] = 0x41
        return bytes
      }
    }

    @Test("Another program's SQLite database is refused and left as it is, in every journal mode")
    func foreign() throws {
      for mode in ["delete", "wal"] {
        let folder = try TemporaryFolder()
        let queue = try DatabaseQueue(path: folder.file("store"))
        try queue.inDatabase { connection in
          _ = try Row.fetchOne(connection, sql: "PRAGMA journal_mode = \(mode)")
          try connection.execute(sql: "CREATE TABLE entity (id INTEGER); PRAGMA user_version = 1")
        }
        try queue.close()
        try expectRefusal("another program", folder)
      }
    }

    @Test(
      "Another program's database that is open and has its last changes in the log is left alone")
    func foreignInUse() throws {
      let folder = try TemporaryFolder()
      let queue = try DatabaseQueue(path: folder.file("store"))
      try queue.inDatabase { connection in
        _ = try Row.fetchOne(connection, sql: "PRAGMA journal_mode = wal")
        try connection.execute(sql: "CREATE TABLE other (id INTEGER)")
      }
      try expectRefusal("another program", folder)
      try queue.inDatabase { try $0.execute(sql: "INSERT INTO other VALUES (1)") }
      try queue.close()
    }

    @Test("A datastore of a newer version is refused with both versions and left as it is")
    func newer() async throws {
      let folder = try TemporaryFolder()
      try await SQLiteBackend(path: folder.file("store")).close()
      let queue = try DatabaseQueue(path: folder.file("store"))
      try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 99") }
      try queue.close()
      try expectRefusal("version 99, and this program knows versions up to 5", folder)
    }

    @Test("A folder, a missing folder and a file as folder are refused and nothing is created")
    func folders() throws {
      let folder = try TemporaryFolder()
      try expectRefusal("is a folder", folder, at: folder.path)
      try expectRefusal("there is no folder", folder, at: folder.file("missing/store"))
      _ = try folder.write([1], to: "file")
      try expectRefusal("is not a folder", folder, at: folder.file("file/store"))
    }

    @Test("A device is refused")
    func device() throws {
      try expectRefusal("device", TemporaryFolder(), at: "/dev/null")
    }

    @Test("An empty path and one with a zero byte are refused")
    func unusablePaths() {
      for path in ["", "/tmp/a\0b"] {
        let error = #expect(throws: DatastoreError.self) { try SQLiteBackend(path: path) }
        #expect(error?.code == .invalidArgument)
      }
    }

    @Test("A name that SQLite takes for something else is the name of a file")
    func peculiarNames() async throws {
      let folder = try TemporaryFolder()
      for name in [":memory:", "file:a?mode=memory", "a b%20ü'\""] {
        let backend = try SQLiteBackend(path: folder.file(name))
        _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
        try await backend.close()
        #expect(try folder.contents()[name]?.isEmpty == false)
      }
    }

    @Test("A relative path is one from the current folder at the time of opening")
    func relativePath() async throws {
      let name = "arrival-\(UInt64.random(in: 0...(.max)))"
      let backend = try SQLiteBackend(path: name)
      defer { try? FileManager.default.removeItem(atPath: name) }
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
      try await backend.close()
      #expect(FileManager.default.fileExists(atPath: name))
    }

    @Test("An empty file becomes a datastore, as a new one does")
    func emptyFile() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: try folder.write([], to: "store"))
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
      #expect(try await backend.lookup([Key("K", id: 1)]).found.count == 1)
      try await backend.close()
    }

    @Test("What was committed is there when the file is opened again, and nothing lies beside it")
    func reopen() async throws {
      let folder = try TemporaryFolder()
      for round in 0..<3 {
        let backend = try SQLiteBackend(path: folder.file("store"))
        for earlier in 0..<round {
          #expect(try await backend.lookup([Key("K", name: "\(earlier)")]).found.count == 1)
        }
        _ = try await backend.commit([.insert(Entity(Key("K", name: "\(round)"), ["a": 1]))])
        try await backend.close()
        #expect(try folder.contents().keys.sorted() == ["store"])
      }
    }

    @Test("Many backends of one process create one file at once and share it")
    func race() async throws {
      for _ in 0..<10 {
        let folder = try TemporaryFolder()
        let path = folder.file("store")
        try await withThrowingTaskGroup(of: Void.self) { group in
          for task in 0..<4 {
            group.addTask {
              let backend = try SQLiteBackend(path: path)
              _ = try await backend.commit([.insert(Entity(Key("K", name: "\(task)")))])
              try await backend.close()
            }
          }
          try await group.waitForAll()
        }
        let backend = try SQLiteBackend(path: path)
        let keys = (0..<4).map { Key("K", name: "\($0)") }
        #expect(try await backend.lookup(keys).found.count == 4)
        try await backend.close()
      }
    }

    private func expectRefusal(_ text: String, _ bytes: () -> [UInt8]) throws {
      let folder = try TemporaryFolder()
      _ = try folder.write(bytes(), to: "store")
      try expectRefusal(text, folder)
    }

    /// Opening fails with a text that has the path and `text`, and the folder is as it was, byte
    /// for byte.
    private func expectRefusal(
      _ text: String, _ folder: TemporaryFolder, at path: String? = nil
    ) throws {
      let path = path ?? folder.file("store")
      let before = try folder.contents()
      let error = #expect(throws: DatastoreError.self) { try SQLiteBackend(path: path) }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains(path) == true, "\(error?.message ?? "")")
      #expect(try folder.contents() == before)
    }

    @Test("A file that is closed right after a read has no log beside it")
    func closedAfterRead() async throws {
      let folder = try TemporaryFolder()
      for round in 1...100 {
        let backend = try SQLiteBackend(path: folder.file("store"))
        _ = try await backend.commit([.upsert(Entity(Key("K", id: 1)))])
        _ = try await backend.lookup([Key("K", id: 1)])
        try await backend.close()
        #expect(try folder.contents().keys.sorted() == ["store"], "round \(round)")
      }
    }
  }
#endif

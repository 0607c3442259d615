// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import DatastoreSQLite
  import Foundation
  import GRDB
  import Testing

  /// What is at the path when the datastore is opened.
  @Suite struct OpeningTests {
    @Test func `Files that are not databases are refused and left unchanged`() throws {
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

    @Test func `Another program's database is refused in every journal mode`() throws {
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

    @Test func `Another program's database with changes in its log is left unchanged`() throws {
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

    @Test func `A datastore of a newer version is refused with both versions`() async throws {
      let folder = try TemporaryFolder()
      try await SQLiteBackend(path: folder.file("store")).close()
      let queue = try DatabaseQueue(path: folder.file("store"))
      try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 99") }
      try queue.close()
      try expectRefusal("version 99, and this program knows versions up to 7", folder)
    }

    @Test func `A folder, a missing folder and a file as folder are refused`() throws {
      let folder = try TemporaryFolder()
      try expectRefusal("is a folder", folder, at: folder.path)
      try expectRefusal("there is no folder", folder, at: folder.file("missing/store"))
      _ = try folder.write([1], to: "file")
      try expectRefusal("is not a folder", folder, at: folder.file("file/store"))
    }

    @Test func `A device is refused`() throws {
      try expectRefusal("device", TemporaryFolder(), at: "/dev/null")
    }

    @Test func `An empty path and a path with a zero byte are refused`() {
      for path in ["", "/tmp/a\0b"] {
        let error = #expect(throws: DatastoreError.self) { try SQLiteBackend(path: path) }
        #expect(error?.code == .invalidArgument)
      }
    }

    @Test func `A name with a special meaning for SQLite is the name of a file`() async throws {
      let folder = try TemporaryFolder()
      for name in [":memory:", "file:a?mode=memory", "a b%20ü'\""] {
        let backend = try SQLiteBackend(path: folder.file(name))
        _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
        try await backend.close()
        #expect(try folder.contents()[name]?.isEmpty == false)
      }
    }

    @Test func `A relative path is relative to the current folder at opening`() async throws {
      let name = "arrival-\(UInt64.random(in: 0...(.max)))"
      let backend = try SQLiteBackend(path: name)
      defer { try? FileManager.default.removeItem(atPath: name) }
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
      try await backend.close()
      #expect(FileManager.default.fileExists(atPath: name))
    }

    @Test func `An empty file becomes a datastore`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: try folder.write([], to: "store"))
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
      #expect(try await backend.lookup([Key("K", id: 1)]).found.count == 1)
      try await backend.close()
    }

    @Test func `Commits are there when the file is reopened, and nothing is beside it`()
      async throws
    {
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

    @Test func `Many backends of one process create one file at once and share it`() async throws {
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

    /// Expects that opening fails with the path and `text`, and leaves the folder byte for byte.
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

    @Test func `A file closed right after a read has no log beside it`() async throws {
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

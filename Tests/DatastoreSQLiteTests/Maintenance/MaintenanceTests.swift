// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import DatastoreContractTests
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// Counting, checking, backing up and vacuuming a file.
  @Suite struct MaintenanceTests {
    private func entity(_ id: Int, _ kind: String = "K") -> Mutation {
      .upsert(
        Entity(
          Key(kind, id: Int64(id)),
          [
            "n": .indexed(.integer(Int64(id))), "tags": ["a", "b"],
            "text": .unindexed(.string(String(repeating: "x", count: 200))),
          ]))
    }

    private func execute(_ path: String, _ sql: String) throws {
      let queue = try DatabaseQueue(path: path)
      try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
      try queue.close()
    }

    @Test func `Contents are counted by namespace and kind, in a file and in memory`() async throws
    {
      let folder = try TemporaryFolder()
      for backend in [try SQLiteBackend(path: folder.file("store")), try .inMemory()] {
        _ = try await backend.commit([entity(1), entity(2), entity(1, "Other")])
        _ = try await backend.commit([.upsert(Entity(Key("K", id: 1, namespace: "n")))])
        let contents = try await backend.contents()
        #expect(contents.kinds.map(\.namespace) == ["", "", "n"])
        #expect(contents.kinds.map(\.kind) == ["K", "Other", "K"])
        #expect(contents.kinds.map(\.entities) == [2, 1, 1])
        #expect(contents.kinds.map(\.indexEntries) == [8, 4, 1])
        #expect(contents.kinds[0].bytes > 400 && contents.fileBytes > 0)
        try await backend.close()
      }
    }

    @Test func `A sound file has no problems, also after random changes`() async throws {
      let backend = try SQLiteBackend.inMemory()
      var entities = RandomEntities(seed: 3)
      var stored: [Key] = []
      for _ in 0..<20 {
        var mutations: [Mutation] = []
        var keys: Set<Key> = []
        for _ in 0..<10 {
          let entity = entities.entity()
          if let key = entity.key, keys.insert(key).inserted { mutations.append(.upsert(entity)) }
        }
        for key in stored.suffix(4) where keys.insert(key).inserted {
          mutations.append(.delete(key))
        }
        stored = try await backend.commit(mutations).keys
      }
      let report = try await backend.check()
      #expect(report.problems == [])
      #expect(!report.isCutShort)
      #expect(report.entities > 50)
    }

    @Test func `Names that are equal as strings but differ in bytes have their own rows`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      let composed = Key("\u{E9}", id: 1)
      let decomposed = Key("e\u{301}", id: 1)
      _ = try await backend.commit([
        .upsert(Entity(composed, ["\u{E9}": 1])), .upsert(Entity(decomposed, ["\u{E9}": 1])),
        .upsert(Entity(Key("K", id: 1), ["\u{E9}": 1])),
        .upsert(Entity(Key("K", id: 2), ["e\u{301}": 1])),
      ])
      #expect(try await backend.check().problems == [])
      _ = try await backend.commit([.delete(decomposed), .delete(Key("K", id: 2))])
      let report = try await backend.check()
      #expect(report.problems == [] && report.indexEntries == 4)
      try await backend.close()
    }

    @Test func `A row without an entity is found, and so is a missing row`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path)
      _ = try await backend.commit((1...5).map { entity($0) })
      try await backend.close()

      // This removes an entity and leaves its rows.
      try execute(path, "DELETE FROM entity WHERE id = 2")
      var damaged = try SQLiteBackend(path: path)
      var problems = try await damaged.check().problems
      #expect(problems.count == 4)
      #expect(problems.allSatisfy { $0.contains("K/2") && $0.contains("not there") })
      try await damaged.close()

      // This changes the value in a row, so that the right row is missing.
      try execute(path, "DELETE FROM entry WHERE hex(position) LIKE '%8000000000000002'")
      try execute(
        path,
        """
        UPDATE entry SET position = CAST(x'108000000000000009' || substr(position, 10) AS BLOB)
        WHERE substr(position, 1, 9) = x'108000000000000003'
        """)
      damaged = try SQLiteBackend(path: path)
      problems = try await damaged.check().problems
      #expect(problems.count == 2, "\(problems)")
      #expect(problems.contains { $0.contains("K/3") && $0.contains("missing in the index") })
      #expect(problems.contains { $0.contains("K/3") && $0.contains("does not have") })
      try await damaged.close()
    }

    @Test func `A damaged entity and an overwritten page are found`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      var backend = try SQLiteBackend(path: path)
      _ = try await backend.commit((1...300).map { entity($0) })
      try await backend.close()
      try execute(path, "UPDATE entity SET data = x'09' WHERE id = 4")
      backend = try SQLiteBackend(path: path)
      #expect(try await backend.check().problems.contains { $0.contains("K/4") })
      try await backend.close()

      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let size = 4_096
      // A page in the middle has entities or index rows. The schema is before it.
      let page = bytes.count / size / 2
      for offset in 0..<64 { bytes[page * size + offset] = 0xFF }
      try bytes.write(to: URL(fileURLWithPath: path))
      backend = try SQLiteBackend(path: path)
      let report = try await backend.check()
      #expect(report.problems.contains { $0.contains("structure") })
      try? await backend.close()
    }

    @Test func `A backup of a store that is being written is the state of one moment`() async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      // Each commit writes one number into all entities, so a copy of half a commit would show.
      func commit(_ number: Int) async throws {
        _ = try await backend.commit(
          (1...100).map {
            .upsert(Entity(Key("K", id: $0), ["n": .indexed(.integer(Int64(number)))]))
          })
      }
      try await commit(0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for number in 1...60 { try await commit(number) } }
        for copy in 1...6 {
          let path = folder.file("copy\(copy)")
          try await backend.backup(to: path)
          let restored = try SQLiteBackend(path: path)
          let found = try await restored.lookup((1...100).map { Key("K", id: $0) }).found
          #expect(found.count == 100 && Set(found.map { $0["n"] }).count == 1)
          #expect(try await restored.check().problems == [])
          try await restored.close()
        }
        try await group.waitForAll()
      }
      #expect(try await backend.check().problems == [])
      try await backend.close()
    }

    @Test func `A backup from memory overwrites nothing, and leaves nothing if it fails`()
      async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([entity(1)])
      let taken = try folder.write([1, 2, 3], to: "taken")
      await #expect(throws: DatastoreError.self) { try await backend.backup(to: taken) }
      await #expect(throws: DatastoreError.self) {
        try await backend.backup(to: folder.file("none/copy"))
      }
      #expect(try folder.contents() == ["taken": Data([1, 2, 3])])
      try await backend.backup(to: folder.file("copy"))
      #expect(try Set(folder.contents().keys) == ["taken", "copy"])
      let restored = try SQLiteBackend(path: folder.file("copy"))
      #expect(try await restored.lookup([Key("K", id: 1)]).found.count == 1)
      try await restored.close()
      try await backend.close()
      let error = await #expect(throws: DatastoreError.self) { try await backend.check() }
      #expect(error?.code == .failedPrecondition)
    }

    @Test func `A backup without links is renamed, and overwrites nothing either`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([entity(1)])
      let copy = folder.file("copy")
      try await backend.reading { try BackupFile(copy) { _, _ in EPERM }.write($0) }
      let restored = try SQLiteBackend(path: copy)
      #expect(try await restored.lookup([Key("K", id: 1)]).found.count == 1)
      try await restored.close()
      // Another process is faster.
      let taken = folder.file("taken")
      let late = await #expect(throws: DatastoreError.self) {
        try await backend.reading { connection in
          try BackupFile(taken) { _, path in
            FileManager.default.createFile(atPath: path, contents: Data([1])) ? EPERM : EIO
          }.write(connection)
        }
      }
      #expect(late?.code == .alreadyExists)
      let none = await #expect(throws: DatastoreError.self) {
        try await backend.reading { connection in
          try BackupFile(folder.file("none"), linking: { _, _ in ENOTSUP }) { _, _ in EINVAL }
            .write(connection)
        }
      }
      #expect(none?.code == .failedPrecondition)
      #expect(none?.message.contains("another disk") == true)
      let contents = try folder.contents()
      #expect(contents.keys.sorted() == ["copy", "taken"])
      #expect(contents["taken"] == Data([1]))
      try await backend.close()
    }

    @Test func `Vacuum frees the space of deleted entities`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      _ = try await backend.commit((1...500).map { entity($0) })
      _ = try await backend.commit((2...500).map { .delete(Key("K", id: Int64($0))) })
      let before = try await backend.contents()
      #expect(before.freeBytes > 100_000)
      try await backend.vacuum()
      let after = try await backend.contents()
      #expect(after.freeBytes == 0 && after.fileBytes < before.fileBytes - 100_000)
      #expect(after.kinds == before.kinds)
      #expect(try await backend.check().problems == [])
      try await backend.close()
    }
  }
#endif

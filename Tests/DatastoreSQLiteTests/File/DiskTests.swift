// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import DatastoreSQLite
  import Foundation
  import GRDB
  import Testing

  /// A disk that is full or read-only.
  @Suite(
    .serialized,
    .enabled("needs the right to mount a small disk: run as root on Linux") {
      SmallDisk.isPermitted
    })
  struct DiskTests {
    @Test func `A full disk fails the commit, loses nothing, and freed space revives it`()
      async throws
    {
      let disk = try SmallDisk()
      let path = disk.folder.file("store")
      let ballast = try disk.folder.write([UInt8](repeating: 1, count: 500_000), to: "ballast")
      var backend = try SQLiteBackend(path: path)
      var committed: [Key] = []
      var failure: DatastoreError?
      while failure == nil, committed.count < 10_000 {
        do {
          committed += try await backend.commit(mutations(committed.count)).keys
        } catch let error as DatastoreError {
          failure = error
        }
      }
      #expect(failure?.code == .resourceExhausted)
      #expect(failure?.message.contains(path) == true)
      try await expectFound(committed, backend)
      #expect(try await backend.lookup(mutations(committed.count).compactMap(\.key)).found.isEmpty)

      try FileManager.default.removeItem(atPath: ballast)
      committed += try await backend.commit(mutations(committed.count)).keys
      try await expectFound(committed, backend)
      try await backend.close()
      backend = try SQLiteBackend(path: path)
      try await expectFound(committed, backend)
      try await backend.close()
    }

    @Test func `A disk too full for a new datastore says so, and freed space revives it`()
      async throws
    {
      let disk = try SmallDisk()
      let ballast = disk.folder.file("ballast")
      // Writes until there is no space left.
      _ = FileManager.default.createFile(atPath: ballast, contents: nil)
      let handle = try #require(FileHandle(forWritingAtPath: ballast))
      while (try? handle.write(contentsOf: Data(count: 4_096))) != nil {}
      try handle.close()
      let error = #expect(throws: DatastoreError.self) {
        try SQLiteBackend(path: disk.folder.file("store"))
      }
      #expect(error?.code == .resourceExhausted, "\(error.map { "\($0)" } ?? "")")
      try FileManager.default.removeItem(atPath: ballast)
      try await SQLiteBackend(path: disk.folder.file("store")).close()
    }

    @Test func `A read-only disk is refused with permissionDenied and left unchanged`() async throws
    {
      let disk = try SmallDisk()
      let path = disk.folder.file("store")
      try await SQLiteBackend(path: path).close()
      let before = try disk.folder.contents()
      try disk.makeReadOnly()
      for path in [path, disk.folder.file("new")] {
        let error = #expect(throws: DatastoreError.self) { try SQLiteBackend(path: path) }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains(path) == true)
      }
      #expect(try disk.folder.contents() == before)
    }

    private static let reading = SQLiteBackend.Configuration(isReadOnly: true)

    @Test func `A read-only disk is read by a read-only backend and left unchanged`() async throws {
      let disk = try SmallDisk()
      let path = disk.folder.file("a store? 100%")
      let backend = try SQLiteBackend(path: path)
      try await backend.createIndex(.init(kind: "K", [QueryOrder("a"), QueryOrder("b")]))
      let keys = try await backend.commit([.insert(Entity(Key("K", id: 1), ["a": 1, "b": 2]))]).keys
      try await backend.close()
      let before = try disk.folder.contents()
      try disk.makeReadOnly()
      for _ in 0..<2 {
        let backend = try SQLiteBackend(path: path, configuration: Self.reading)
        try await expectFound(keys, backend)
        var query = QueryRequest(kind: "K")
        query.filter = .property("a", .equal, 1)
        query.orders = [QueryOrder("b")]
        #expect(try await backend.query(query).items.count == 1)
        let transaction = try await backend.beginTransaction(.readOnly(asOf: nil))
        #expect(try await backend.lookup(keys, in: .running(transaction)).found.count == 1)
        #expect(try await backend.contents().kinds.count == 1)
        #expect(try await backend.check().problems == [])
        let folder = try TemporaryFolder()
        try await backend.backup(to: folder.file("copy"))
        let error = await #expect(throws: DatastoreError.self) {
          try await backend.commit([.delete(keys[0])])
        }
        #expect(error?.code == .permissionDenied)
        try await backend.close()
      }
      #expect(try disk.folder.contents() == before)
    }

    @Test func `A log on a read-only disk is read if possible, or named as the reason`()
      async throws
    {
      let disk = try SmallDisk()
      let path = disk.folder.file("store")
      let backend = try SQLiteBackend(path: path)
      let keys = try await backend.commit([.insert(Entity(Key("K", id: 1)))]).keys
      // These files are what a killed process leaves.
      let files = ["", "-wal"].map { path + $0 }
      for file in files {
        try FileManager.default.copyItem(
          atPath: file, toPath: disk.folder.file("copy") + file.dropFirst(path.count))
      }
      try await backend.close()
      try disk.makeReadOnly()
      let error = #expect(throws: DatastoreError.self) {
        try SQLiteBackend(path: disk.folder.file("copy"), configuration: Self.reading)
      }
      #expect(error?.code == .permissionDenied && error?.message.contains("-wal") == true)
      let closed = try SQLiteBackend(path: path, configuration: Self.reading)
      try await expectFound(keys, closed)
      try await closed.close()
    }

    @Test func `A file read without locks fails reads after a write, until it is reopened`()
      async throws
    {
      let disk = try SmallDisk()
      let path = disk.folder.file("store")
      let writer = try SQLiteBackend(path: path)
      let keys = try await writer.commit([.insert(Entity(Key("K", id: 1)))]).keys
      try await writer.close()
      try disk.makeReadOnly()
      let reader = try SQLiteBackend(path: path, configuration: Self.reading)
      try await expectFound(keys, reader)
      try disk.makeWritable()
      let other = try SQLiteBackend(path: path)
      for isClosed in [false, true] {
        _ = try await other.commit([.upsert(Entity(Key("K", id: 2)))])
        if isClosed { try await other.close() }
        let error = await #expect(throws: DatastoreError.self) { try await reader.lookup(keys) }
        #expect(error?.code == .unavailable && error?.message.contains("Open it again") == true)
      }
      try await reader.close()
      let again = try SQLiteBackend(path: path, configuration: Self.reading)
      try await expectFound(keys + [Key("K", id: 2)], again)
      try await again.close()
    }

    @Test func `A read-only backend creates no file and refuses an older version`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let missing = #expect(throws: DatastoreError.self) {
        try SQLiteBackend(path: path, configuration: Self.reading)
      }
      #expect(missing?.code == .failedPrecondition)
      #expect(try folder.contents().isEmpty)
      try await SQLiteBackend(path: path).close()
      let queue = try DatabaseQueue(path: path)
      try await queue.write { try $0.execute(sql: "PRAGMA user_version = 3") }
      try queue.close()
      let old = #expect(throws: DatastoreError.self) {
        try SQLiteBackend(path: path, configuration: Self.reading)
      }
      #expect(old?.code == .failedPrecondition && old?.message.contains("version 3") == true)
    }

    /// Inserts of ten entities with ten thousand bytes each.
    private func mutations(_ start: Int) -> [Mutation] {
      let text = String(repeating: "x", count: 10_000)
      return (start..<start + 10).map {
        .insert(Entity(Key("K", name: "\($0)"), ["text": .unindexed(.string(text))]))
      }
    }

    private func expectFound(_ keys: [Key], _ backend: SQLiteBackend) async throws {
      #expect(try await backend.lookup(keys).found.count == keys.count)
    }
  }
#endif

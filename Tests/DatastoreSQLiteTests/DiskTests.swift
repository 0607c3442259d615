#if SQLite
  import Datastore
  import DatastoreSQLite
  import Foundation
  import Testing

  /// A disk that is full, or may not be written.
  @Suite(
    .serialized,
    .enabled("needs the right to mount a small disk: run as root on Linux") {
      SmallDisk.isPermitted
    })
  struct DiskTests {
    @Test("A full disk fails the commit with resourceExhausted, loses nothing, and room revives it")
    func fullDisk() async throws {
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

    @Test("A full disk on which no datastore can be made says so, and room revives it")
    func fullFromTheStart() async throws {
      let disk = try SmallDisk()
      let ballast = disk.folder.file("ballast")
      // More than there is room for: the write fails and leaves the disk full.
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

    @Test("A disk that may not be written is refused with permissionDenied and left as it is")
    func readOnly() async throws {
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

    /// Ten entities of ten thousand bytes.
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

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import Synchronization
  import Testing

  @testable import DatastoreSQLite

  @Suite struct RestoreTests {
    private let folder: TemporaryFolder
    private let store: String
    private let backup: String

    init() async throws {
      folder = try TemporaryFolder()
      store = folder.file("store")
      backup = folder.file("backup")
      let backend = try SQLiteBackend(path: store)
      for id in 1...50 { _ = try await backend.commit([entity(id, "old \(id)")]) }
      try await backend.backup(to: backup)
      for id in 30...200 { _ = try await backend.commit([entity(id, "new \(id)")]) }
      try await backend.close()
    }

    private func expectOld(_ path: String) async throws {
      let values = try await values(path)
      #expect(values.count == 50)
      #expect(values.allSatisfy { $0.hasPrefix("old") })
    }

    private func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func `A restore replaces everything, and leaves no other file`() async throws {
      let before = try Data(contentsOf: URL(fileURLWithPath: backup))
      try SQLiteBackend.restore(store, from: backup)
      #expect(try files() == ["backup", "store"])
      #expect(try Data(contentsOf: URL(fileURLWithPath: backup)) == before)
      try await expectOld(store)
    }

    @Test func `A restored file takes new properties and kinds`() async throws {
      try SQLiteBackend.restore(store, from: backup)
      let backend = try SQLiteBackend(path: store)
      _ = try await backend.commit([
        .upsert(Entity(Key("Other", id: 1), ["fresh": .indexed(.integer(1))]))
      ])
      #expect(try await backend.check().problems == [])
      try await backend.close()
    }

    @Test func `A missing file is created`() async throws {
      try SQLiteBackend.restore(folder.file("fresh"), from: backup)
      try await expectOld(folder.file("fresh"))
    }

    @Test func `A file that is open is not restored, and keeps its contents`() async throws {
      let open = try SQLiteBackend(path: store)
      let error = #expect(throws: DatastoreError.self) {
        try SQLiteBackend.restore(store, from: backup, busyTimeout: .milliseconds(10))
      }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("Stop that process") == true)
      _ = try await open.commit([entity(1, "new 1")])
      try await open.close()
      #expect(try await values(store).count == 200)
    }

    @Test func `A damaged backup changes nothing`() async throws {
      let before = try Data(contentsOf: URL(fileURLWithPath: store))
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: backup)))
      for index in stride(from: 5_000, to: bytes.count, by: 7) { bytes[index] ^= 0x55 }
      let damaged = try folder.write(bytes, to: "damaged")
      let error = #expect(throws: DatastoreError.self) {
        try SQLiteBackend.restore(store, from: damaged)
      }
      #expect(error?.code == .dataLoss)
      #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
    }

    @Test func `Files of other programs are neither read nor replaced`() async throws {
      let other = try folder.write(Array("name,age\n".utf8), to: "table.csv")
      for (target, source) in [(store, other), (other, backup), (store, folder.file("none"))] {
        let error = #expect(throws: DatastoreError.self) {
          try SQLiteBackend.restore(target, from: source)
        }
        #expect(error?.code == .failedPrecondition)
      }
      #expect(try String(contentsOfFile: other, encoding: .utf8) == "name,age\n")
    }

    @Test func `A backup that was copied over a file with a log is not undone by the log`()
      async throws
    {
      let open = try SQLiteBackend(path: store)
      for id in 1...100 { _ = try await open.commit([entity(id, "newest \(id)")]) }
      // What a crash leaves: the log, and not its index.
      let log = try Data(contentsOf: URL(fileURLWithPath: store + "-wal"))
      try await open.close()
      #expect(log.count > 0)
      try log.write(to: URL(fileURLWithPath: store + "-wal"))
      let copy = try Data(contentsOf: URL(fileURLWithPath: backup))
      try copy.write(to: URL(fileURLWithPath: store))
      let error = #expect(throws: DatastoreError.self) { try SQLiteBackend(path: store) }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("store-wal") == true)
      #expect(throws: DatastoreError.self) {
        try SQLiteBackend(path: store, configuration: .init(isReadOnly: true))
      }
      #expect(throws: DatastoreError.self) { try SQLiteBackend.restore(store, from: backup) }
      #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == copy)
      #expect(unlink(store + "-wal") == 0)
      try await expectOld(store)
    }

    private func mode(_ path: String) -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test(arguments: [0o600, 0o640, 0o644, 0o660] as [mode_t])
    func `A backup has the permissions of its source before it has its name`(
      mode: mode_t
    ) async throws {
      #expect(chmod(store, mode) == 0)
      let backend = try SQLiteBackend(path: store)
      let copy = folder.file("copy")
      let linked = Mutex<[mode_t]>([])
      try await backend.reading { [self] connection in
        try BackupFile(copy) { part, path in
          linked.withLock { $0.append(self.mode(part)) }
          return link(part, path) == 0 ? 0 : errno
        }.write(connection)
      }
      try await backend.close()
      #expect(linked.withLock { $0 } == [mode])
      #expect(self.mode(copy) == mode)
    }

    @Test(arguments: [0o600, 0o640] as [mode_t])
    func `A missing file gets the permissions of the backup that is restored`(mode: mode_t) throws {
      #expect(chmod(backup, mode) == 0)
      try SQLiteBackend.restore(folder.file("fresh"), from: backup)
      #expect(self.mode(folder.file("fresh")) == mode)
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreModel
  import DatastoreSQLite
  import Foundation
  import Testing

  @testable import DatastoreServer

  /// Two servers with one folder.
  @Suite struct SharedFolderTests {
    private static let name = DatabaseName(project: "p")
    private let key = Key("Task", id: 1)

    /// A folder that is removed with the last reference.
    private final class Folder: Sendable {
      let path =
        FileManager.default.temporaryDirectory.path + "/arrival-shared-\(UUID().uuidString)"
      init() throws {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: false)
      }
      deinit { try? FileManager.default.removeItem(atPath: path) }

      var file: String { "\(path)/default.arrival" }
      var hasFile: Bool { FileManager.default.fileExists(atPath: file) }

      /// What a server makes of the folder.
      func databases() -> OpenedDatabases {
        OpenedDatabases(lock: FolderLock(folder: path)) { [file] _ in
          try SQLiteBackend(path: file)
        } list: { [self] in
          hasFile ? [SharedFolderTests.name] : []
        } remove: { [file] in
          for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: file + suffix)
          }
        }
      }
    }

    @Test func `The reset of one server leaves the other one able to read and write`() async throws
    {
      let folder = try Folder()
      let (first, second) = (folder.databases(), folder.databases())
      let mine = try await first.backend(of: Self.name)
      let other = try await second.backend(of: Self.name)
      _ = try await mine.commit([.upsert(Entity(key))])
      #expect(try await other.lookup([key]).found.count == 1)
      try await first.reset()
      #expect(try await other.lookup([key]).found.isEmpty)
      _ = try await other.commit([.upsert(Entity(key, ["n": 2]))])
      let found = try await first.backend(of: Self.name).lookup([key]).found
      #expect(found.first?["n"] == 2)
      try await first.close()
      try await second.close()
    }

    @Test func `A server that is alone removes the files at a reset`() async throws {
      let folder = try Folder()
      let databases = folder.databases()
      _ = try await databases.backend(of: Self.name).commit([.upsert(Entity(key))])
      #expect(folder.hasFile)
      try await databases.reset()
      #expect(!folder.hasFile)
      // The lock is shared again, so another server can start.
      let second = folder.databases()
      _ = try await second.backend(of: Self.name).commit([.upsert(Entity(key))])
      try await databases.reset()
      #expect(folder.hasFile)
      #expect(try await second.backend(of: Self.name).lookup([key]).found.isEmpty)
      try await databases.close()
      try await second.close()
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import DatastoreSQLite
  import GRDB
  import Testing

  /// Another connection has locked the file, as another process would.
  @Suite struct BusyTests {
    private let impatient = SQLiteBackend.Configuration(busyTimeout: .milliseconds(20))

    /// A connection that may keep a transaction open from one call to the next.
    private func otherConnection(_ path: String) throws -> DatabaseQueue {
      var configuration = GRDB.Configuration()
      configuration.allowsUnsafeTransactions = true
      return try DatabaseQueue(path: path, configuration: configuration)
    }

    @Test func `A commit beside another writer fails with aborted and works afterwards`()
      async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path, configuration: impatient)
      let other = try otherConnection(path)
      try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let mutation = Mutation.insert(Entity(Key("K", id: 1)))
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.commit([mutation])
      }
      #expect(error?.code == .aborted)
      #expect(error?.message.contains(path) == true)
      #expect(try await backend.lookup([Key("K", id: 1)]).found.isEmpty)
      try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
      _ = try await backend.commit([mutation])
      try await backend.close()
      try other.close()
    }

    @Test func `A commit waits for another writer that ends in time`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(
        path: path, configuration: .init(busyTimeout: .seconds(60)))
      let other = try otherConnection(path)
      try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      async let reply = backend.commit([.insert(Entity(Key("K", id: 1)))])
      try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
      #expect(try await reply.keys == [Key("K", id: 1)])
      try await backend.close()
      try other.close()
    }

    @Test func `Opening a file that another process has locked fails with unavailable`()
      async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      try await SQLiteBackend(path: path).close()
      let other = try otherConnection(path)
      try await other.writeWithoutTransaction { connection in
        try connection.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
      }
      let error = #expect(throws: DatastoreError.self) {
        try SQLiteBackend(path: path, configuration: impatient)
      }
      #expect(error?.code == .unavailable)
      try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
      try other.close()
      try await SQLiteBackend(path: path, configuration: impatient).close()
    }
  }
#endif

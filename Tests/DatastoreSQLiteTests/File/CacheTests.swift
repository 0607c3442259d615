// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// How much of the file the connections keep in memory.
  @Suite struct CacheTests {
    private func cacheKibibytes(_ connection: Database) throws -> Int? {
      try Int.fetchOne(connection, sql: "PRAGMA cache_size").map { -$0 }
    }

    @Test func `A connection that reads keeps an eighth of what the one that commits keeps`()
      async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(
        path: folder.file("store"), configuration: .init(cacheBytes: 8 << 20))
      #expect(try await backend.database.read { try cacheKibibytes($0) } == 1024)
      #expect(
        try await backend.database.writeWithoutTransaction { try cacheKibibytes($0) } == 8192)
      try await backend.close()
    }
  }
#endif

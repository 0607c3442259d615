// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// What a check reports about an index with the right number of rows, and with many problems.
  @Suite struct IndexCheckTests {
    private let key = Key("K", id: 1)

    /// A store of one entity with an array of numbers.
    private func store(_ count: Int) async throws -> SQLiteBackend {
      let backend = try SQLiteBackend.inMemory()
      let numbers = Value.array((0..<count).map { .integer(Int64($0)) })
      _ = try await backend.commit([.insert(Entity(key, ["n": .indexed(numbers)]))])
      return backend
    }

    private func execute(_ backend: SQLiteBackend, _ sql: String) async throws {
      try await backend.database.write { try $0.execute(sql: sql) }
    }

    @Test(arguments: [3, 150])
    func `A row with another value is found among few and among many rows of its entity`(
      _ count: Int
    ) async throws {
      let backend = try await store(count)
      let last = String(count - 1, radix: 16)
      let position = "10" + "8" + String(repeating: "0", count: 15 - last.count) + last
      try await execute(
        backend,
        """
        UPDATE entry SET position = CAST(x'108000000000001000' || substr(position, 10) AS BLOB)
        WHERE substr(position, 1, 9) = x'\(position)'
        """)
      let report = try await backend.check()
      #expect(report.indexEntries == count + 1)
      #expect(report.problems.count == 2, "\(report.problems)")
      #expect(report.problems.contains { $0.contains("missing in the index") })
      #expect(report.problems.contains { $0.contains("does not have") })
    }

    @Test func `A row marked as the only one of several is found`() async throws {
      let backend = try await store(2)
      try await execute(backend, "UPDATE entry SET target = target - 1 WHERE target & 1")
      let problems = try await backend.check().problems
      #expect(problems.count == 2, "\(problems)")
      #expect(problems.allSatisfy { $0.contains("marked wrongly") })
    }

    @Test(arguments: [100, 101])
    func `A report of over a hundred problems is cut short and says so`(_ count: Int) async throws {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit((1...count).map { .insert(Entity(Key("K", id: Int64($0)))) })
      try await execute(backend, "DELETE FROM entity")
      let report = try await backend.check()
      #expect(report.problems.count == 100)
      #expect(report.isCutShort == (count > 100))
    }
  }

  @Suite struct FileMaintenanceTests {
    @Test func `After a vacuum the file itself is smaller`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path)
      let text = Entity.Property.unindexed(.string(String(repeating: "x", count: 5_000)))
      _ = try await backend.commit(
        (1...200).map { .insert(Entity(Key("K", id: $0), ["text": text])) })
      try await backend.vacuum()
      func size() throws -> Int { try folder.contents()["store"]?.count ?? 0 }
      let before = try size()
      _ = try await backend.commit((1...200).map { .delete(Key("K", id: $0)) })
      try await backend.vacuum()
      #expect(try size() < before - 500_000)
      try await backend.close()
    }

    @Test func `A file read without locks is refused when a log appears beside it`() throws {
      let folder = try TemporaryFolder()
      let path = try folder.write([1, 2, 3], to: "store")
      let file = ImmutableFile(path)
      try file.check(nil)
      _ = try folder.write([], to: "store-wal")
      let error = #expect(throws: DatastoreError.self) { try file.check("the store") }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("\"the store\"") == true)
    }
  }
#endif

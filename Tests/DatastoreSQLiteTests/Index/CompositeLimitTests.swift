// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import Testing

  @testable import DatastoreSQLite

  /// How many rows an entity may have in all of its indexes.
  @Suite struct CompositeLimitTests {
    /// An entity with an array of as many numbers for each name.
    private func entity(_ counts: [String: Int]) -> Entity {
      Entity(
        Key("K", id: 1),
        Entity.Properties(
          counts.map { name, count in
            (name, .indexed(.array((0..<count).map { .integer(Int64($0)) })))
          }))
    }

    private func index(_ names: String...) -> SQLiteBackend.Index {
      .init(kind: "K", names.map { QueryOrder($0) })
    }

    @Test func `An entity with exactly 20,000 rows is stored, and one with a row more is refused`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      try await backend.createIndex(index("a", "b"))
      // A row for the kind, 299 for single values, and 19,700 for pairs.
      let counts = ["a": 100, "b": 197, "c": 2]
      _ = try await backend.commit([.upsert(entity(counts))])
      #expect(try await backend.check().indexEntries == 20_000)
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.commit([.upsert(entity(counts.merging(["c": 3]) { $1 }))])
      }
      #expect(error?.code == .invalidArgument)
    }

    @Test func `The rows of several indexes count together`() async throws {
      let backend = try SQLiteBackend.inMemory()
      try await backend.createIndex(index("a", "b"))
      try await backend.createIndex(index("b", "a"))
      // A row for the kind, 399 for single values, and twice 9,800 for pairs.
      let counts = ["a": 100, "b": 98, "c": 201]
      _ = try await backend.commit([.upsert(entity(counts))])
      #expect(try await backend.check().indexEntries == 20_000)
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.commit([.upsert(entity(counts.merging(["c": 202]) { $1 }))])
      }
      #expect(error?.code == .invalidArgument)
    }

    @Test func `An index is not built if an entity would have too many rows`() async throws {
      for (count, isBuilt) in [(201, true), (202, false)] {
        let backend = try SQLiteBackend.inMemory()
        try await backend.createIndex(index("a", "b"))
        _ = try await backend.commit([.upsert(entity(["a": 100, "b": 98, "c": count]))])
        let error = await error { try await backend.createIndex(index("b", "a")) }
        #expect(error?.code == (isBuilt ? nil : .invalidArgument))
        #expect(try await backend.indexes().count == (isBuilt ? 2 : 1))
        #expect(try await StoreAudit.verdict(backend) == .sound)
      }
    }

    private func error(_ body: () async throws -> Void) async -> DatastoreError? {
      do { try await body() } catch { return error as? DatastoreError }
      return nil
    }

    @Test func `A portion ends after 20,000 rows, however few entities they belong to`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit(
        (1...4).map { id in
          .insert(Entity(Key("K", id: id), entity(["a": 100, "b": 90]).properties))
        })
      var portions = 0
      try await backend.createIndex(index("a", "b"), portion: 1_000) { portions += 1 }
      // Three entities have more than that, so the fourth is in a second portion.
      #expect(portions == 1)
      #expect(try await StoreAudit.verdict(backend) == .sound)
    }
  }
#endif

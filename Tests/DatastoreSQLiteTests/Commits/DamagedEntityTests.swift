// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// Entities with damage that only their key shows.
  @Suite struct DamagedEntityTests {
    private let keys = [Key("K", id: 1), Key("K", id: 2)]

    /// Two entities. The first was overwritten with the bytes of the second.
    private func swapped() async throws -> SQLiteBackend {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([
        .insert(Entity(keys[0], ["a": 1])), .insert(Entity(keys[1], ["b": 2])),
      ])
      try await backend.database.write {
        try $0.execute(
          sql: "UPDATE entity SET data = (SELECT data FROM entity WHERE id = 2) WHERE id = 1")
      }
      return backend
    }

    @Test(arguments: [true, false])
    func `An entity with another one's bytes leaves no index row when overwritten or deleted`(
      isWritten: Bool
    ) async throws {
      let backend = try await swapped()
      #expect(try await backend.lookup(keys).failures.map(\.key) == [keys[0]])
      _ = try await backend.commit([
        isWritten ? .upsert(Entity(keys[0], ["c": 3])) : .delete(keys[0])
      ])
      #expect(try await StoreAudit.verdict(backend) == .sound)
      #expect(try await StoreAudit.hints(backend).others == 0)
      #expect(try await backend.check().problems.isEmpty)
    }

    @Test func `Rows of an entity whose key ends with the damaged one's key stay`() async throws {
      // An ID of 256 ends with a zero byte, so these bytes end with those of the other key.
      let inner = Key("K", id: 1, parent: Key("P", id: 256))
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([
        .insert(Entity(keys[0], ["a": 1])), .insert(Entity(inner, ["a": 1, "t": "x"])),
      ])
      try await backend.database.write {
        try $0.execute(sql: "UPDATE entity SET data = x'FFFF' WHERE id = 1")
      }
      _ = try await backend.commit([.upsert(Entity(keys[0], ["a": 2]))])
      #expect(try await StoreAudit.verdict(backend) == .sound)
    }

    @Test func `Entities of two namespaces in one commit have rows of their own`() async throws {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit(
        ["", "n", "", "m"].enumerated().map { number, namespace in
          .insert(Entity(Key("K", id: Int64(number + 1), namespace: namespace), ["a": 1]))
        })
      #expect(try await backend.contents().kinds.map(\.indexEntries) == [4, 2, 2])
      #expect(try await StoreAudit.verdict(backend) == .sound)
    }
  }
#endif

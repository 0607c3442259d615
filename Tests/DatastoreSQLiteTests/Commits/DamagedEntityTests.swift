#if SQLite
  import ArrivalDatastore
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// Entities that were damaged in a way that only their key tells.
  @Suite struct DamagedEntityTests {
    private let keys = [Key("K", id: 1), Key("K", id: 2)]

    /// Two entities, of which the first was overwritten with the bytes of the second.
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
    func `An entity that holds another's bytes leaves no index row when it is written or deleted`(
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
  }
#endif

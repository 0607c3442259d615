// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import DatastoreContractTests
  import GRDB
  import Testing

  @testable import DatastoreEngine
  @testable import DatastoreModel
  @testable import DatastoreSQLite

  /// What the index has after changes.
  @Suite struct IndexMaintenanceTests {
    /// Path, position and flag of each row.
    private func rows(_ backend: SQLiteBackend) async throws -> Set<[String]> {
      try await backend.database.read { connection in
        let rows = try Row.fetchAll(
          connection,
          sql: """
            SELECT hex(path), hex(position), target & 1 FROM entry JOIN property ON id = property
            """)
        return Set(rows.map { row in [row[0], row[1], "\(row[2] as Int)"] })
      }
    }

    @Test func `After random changes the index equals that of the same entities`() async throws {
      var random = RandomEntities(seed: 31)
      var generator = SeededGenerator(seed: 32)
      let backend = try SQLiteBackend.inMemory()
      var stored: [Key: Entity] = [:]
      let keys = (0..<20).map { _ in random.key(isComplete: true) }
      for _ in 0..<40 {
        var mutations: [Key: Mutation] = [:]
        for _ in 0..<5 {
          guard let key = keys.randomElement(using: &generator) else { continue }
          let entity = Entity(key, random.entity().properties)
          if Int.random(in: 0..<4, using: &generator) == 0 {
            mutations[key] = .delete(key)
            stored[key] = nil
          } else {
            mutations[key] = .upsert(entity)
            stored[key] = entity
          }
        }
        _ = try await backend.commit(Array(mutations.values))
      }
      let fresh = try SQLiteBackend.inMemory()
      _ = try await fresh.commit(stored.values.map { .insert($0) })
      let expected = try await rows(fresh)
      #expect(!expected.isEmpty)
      #expect(try await rows(backend) == expected)
      #expect(try await StoreAudit.hints(backend).others == 0)
    }

    @Test func `A failed commit changes nothing in the index`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let key = Key("K", id: 1)
      _ = try await backend.commit([.insert(Entity(key, ["a": 1]))])
      let before = try await rows(backend)
      await #expect(throws: DatastoreError.self) {
        try await backend.commit([
          .upsert(Entity(key, ["b": 2])), .insert(Entity(Key("New", id: 1), ["c": 3])),
          .update(Entity(Key("K", id: 2))),
        ])
      }
      #expect(try await rows(backend) == before)
      // The IDs that the failed commit gave to new properties are not cached.
      _ = try await backend.commit([.insert(Entity(Key("Newer", id: 1), ["d": 4]))])
      _ = try await backend.commit([.insert(Entity(Key("New", id: 1), ["c": 3]))])
      let query = QueryRequest(kind: "New")
      #expect(try await backend.query(query).items.count == 1)
    }

    @Test func `Rewriting a damaged entity removes its old rows`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let keys = [Key("K", id: 1), Key("K", id: 2)]
      _ = try await backend.commit(keys.map { .insert(Entity($0, ["a": 1])) })
      try await backend.database.write {
        try $0.execute(sql: "UPDATE entity SET data = x'FFFF' WHERE id = 1")
      }
      var request = QueryRequest(kind: "K")
      request.filter = .property("a", .equal, 1)
      let query = request
      let error = await #expect(throws: DatastoreError.self) { try await backend.query(query) }
      #expect(error?.code == .dataLoss)
      #expect(error?.key == keys[0])
      _ = try await backend.commit([.upsert(Entity(keys[0], ["a": 2]))])
      #expect(try await backend.query(query).items.map(\.entity.key) == [keys[1]])
      let fresh = try SQLiteBackend.inMemory()
      _ = try await fresh.commit([
        .insert(Entity(keys[0], ["a": 2])), .insert(Entity(keys[1], ["a": 1])),
      ])
      #expect(try await rows(backend) == rows(fresh))
    }

    @Test func `Twenty thousand random cursors give an error or a page, and no trap`() async throws
    {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1), ["a": 1, "b": "x"]))])
      var request = QueryRequest(kind: "K")
      request.orders = [QueryOrder("a", .descending), QueryOrder("b")]
      let query = try NormalizedQuery(request)
      var generator = SeededGenerator(seed: 33)
      var pages = 0
      for round in 0..<20_000 {
        let bytes = (0..<Int.random(in: 1..<30, using: &generator)).map { _ in
          [0, 1, 2, 8, 0x10, 0x20, 0x38, 0x61, 0xC7, 0xEF, 0xF7, 0xFE, 0xFF].randomElement(
            using: &generator)! as UInt8
        }
        var random = request
        random.startCursor =
          round % 2 == 0
          ? QueryPosition.cursor(bytes, of: query) : QueryCursor(bytes: bytes)
        do {
          _ = try await backend.query(random)
          pages += 1
        } catch let error as DatastoreError {
          #expect(error.code == .invalidArgument)
        }
      }
      #expect(pages < 20_000)
    }
  }
#endif

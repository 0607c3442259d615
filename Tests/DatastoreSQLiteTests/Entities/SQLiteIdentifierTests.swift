// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import GRDB
  import Synchronization
  import Testing

  @testable import DatastoreSQLite

  /// The IDs that SQLite assigns, over files, processes and restarts.
  @Suite struct SQLiteIdentifierTests {
    private let fresh = Key(incomplete: "Thing")

    @Test func `Successive numbers become different IDs of 16 digits, far apart`() {
      let ids = (1...100_000).map { ReservedIDs.identifier($0) }
      #expect(Set(ids).count == ids.count)
      #expect(ids.allSatisfy { "\($0)".count == 16 && $0 < 1 << 52 })
      let near = zip(ids, ids.dropFirst()).count { abs($0 - $1) < 1 << 40 }
      #expect(near == 0)
    }

    @Test func `IDs never repeat over restarts and between two processes`() async throws {
      let folder = try TemporaryFolder()
      var all: Set<Key> = []
      for _ in 0..<3 {
        let backend = try SQLiteBackend(path: folder.file("store"))
        let other = try SQLiteBackend(path: folder.file("store"))
        for backend in [backend, other, backend] {
          all.formUnion(try await backend.allocateIDs(for: [fresh, fresh, fresh]))
        }
        try await backend.close()
        try await other.close()
      }
      #expect(all.count == 27)
    }

    @Test func `Two stores do not give out the same IDs`() async throws {
      let many = Array(repeating: fresh, count: 500)
      let first = try await SQLiteBackend.inMemory().allocateIDs(for: many)
      let second = try await SQLiteBackend.inMemory().allocateIDs(for: many)
      #expect(Set(first).isDisjoint(with: second))
    }

    @Test func `IDs that are stored or reserved are skipped`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let begin = try await backend.reading { connection in
        try Int64.fetchOne(connection, sql: "SELECT allocated FROM sequence") ?? 0
      }
      let ids = (1...3).map { ReservedIDs.identifier(begin + $0) }
      _ = try await backend.commit([.insert(Entity(fresh.completed(id: ids[0])))])
      try await backend.reserveIDs([fresh.completed(id: ids[1]), Key("Thing", name: "n")])
      let given = try await backend.allocateIDs(for: [fresh])
      #expect(given == [fresh.completed(id: ids[2])])
    }

    @Test func `An ID drawn for a commit is drawn again if it is reserved`() async throws {
      let first: Int64 = 1 << 52
      let used = Mutex<Int64>(0)
      let database = try StoreFile.openInMemory(schema: .current)
      let backend = SQLiteBackend(database, path: nil) {
        used.withLock { used in
          defer { used += 1 }
          return first + used
        }
      }
      try await backend.reserveIDs((0..<3).map { fresh.completed(id: first + $0) })
      let keys = try await backend.commit([.insert(Entity(fresh))]).keys
      #expect(keys == [fresh.completed(id: first + 3)])
    }

    @Test func `Over 500 keys are refused`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let error = await #expect(throws: DatastoreError.self) {
        _ = try await backend.allocateIDs(for: Array(repeating: fresh, count: 501))
      }
      #expect(error?.code == .invalidArgument)
    }
  }
#endif

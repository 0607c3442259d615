// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import Testing

  @testable import DatastoreSQLite

  /// Transactions with any number of entities.
  @Suite struct BulkTransactionTests {
    private func entity(_ id: Int, _ text: String) -> Entity {
      Entity(
        Key("K", id: Int64(id)),
        ["n": .indexed(.integer(Int64(id))), "text": .indexed(.string(text))])
    }

    /// The IDs that a query by a property finds.
    private func ids(_ backend: SQLiteBackend, text: String) async throws -> [Int64] {
      let query = Query(kind: "K").where(Property("text") == .string(text)).keysOnly()
      return try await Datastore(backend: backend).query(query).fetch().value.compactMap(\.id)
    }

    private func withFile(_ body: (SQLiteBackend, String) async throws -> Void) async throws {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("arrival-bulk-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(at: folder) }
      let backend = try SQLiteBackend(path: folder.appendingPathComponent("a.db").path)
      try await body(backend, folder.path)
      let report = try await backend.check()
      #expect(report.problems.isEmpty)
      try await backend.close()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.db"])
    }

    @Test func `Index rows of many chunks are written in order, and queries find every entity`()
      async throws
    {
      try await withFile { backend, _ in
        let bulk = try backend.beginBulk()
        // More than memory keeps, so that there are several runs.
        let long = String(repeating: "x", count: 1_400)
        let count = 3 * IndexRowWriter.maxBytes / 1_400
        for start in stride(from: 0, to: count, by: 1_000) {
          let mutations = (start..<min(start + 1_000, count)).map {
            Mutation.upsert(entity($0 + 1, "\($0 % 10)\(long)"))
          }
          #expect(try await bulk.write(mutations).isEmpty)
        }
        try await bulk.commit()
        let stored = try await Datastore(backend: backend).query(Query(kind: "K")).count().value
        #expect(stored == count)
        let found = try await ids(backend, text: "3\(long)")
        #expect(found == stride(from: 4, through: count, by: 10).map { Int64($0) })
      }
    }

    @Test func `A key that is written again, or deleted, leaves no index rows behind`() async throws
    {
      try await withFile { backend, _ in
        _ = try await backend.commit([.upsert(entity(1, "old"))])
        let bulk = try backend.beginBulk()
        _ = try await bulk.write([.upsert(entity(1, "a")), .upsert(entity(2, "a"))])
        _ = try await bulk.write([.upsert(entity(1, "b")), .upsert(entity(3, "a"))])
        _ = try await bulk.write([.delete(Key("K", id: 2)), .upsert(entity(1, "a"))])
        try await bulk.commit()
        #expect(try await ids(backend, text: "a") == [1, 3])
        #expect(try await ids(backend, text: "b").isEmpty)
        #expect(try await ids(backend, text: "old").isEmpty)
      }
    }

    @Test func `Inserts of keys that exist are left out, or fail the whole transaction`()
      async throws
    {
      try await withFile { backend, _ in
        _ = try await backend.commit([.upsert(entity(2, "old"))])
        let skipping = try backend.beginBulk()
        let skipped = try await skipping.write(
          (1...3).map { .insert(entity($0, "new")) }, skipsExisting: true)
        #expect(skipped == [1])
        try await skipping.commit()
        #expect(try await ids(backend, text: "new") == [1, 3])
        #expect(try await ids(backend, text: "old") == [2])

        let failing = try backend.beginBulk()
        _ = try await failing.write([.insert(entity(4, "new"))])
        let error = await #expect(throws: DatastoreError.self) {
          try await failing.write([.insert(entity(5, "new")), .insert(entity(1, "new"))])
        }
        #expect(error?.code == .alreadyExists && error?.key == Key("K", id: 1))
        await #expect(throws: DatastoreError.self) { try await failing.commit() }
        #expect(try await ids(backend, text: "new") == [1, 3])
      }
    }

    @Test func `Nothing of a transaction that is dropped is written, and later commits go on`()
      async throws
    {
      try await withFile { backend, _ in
        do {
          let bulk = try backend.beginBulk()
          _ = try await bulk.write([.upsert(entity(1, "a"))])
          // Others do not see it.
          #expect(try await ids(backend, text: "a").isEmpty)
        }
        _ = try await backend.commit([.upsert(entity(2, "a"))])
        #expect(try await ids(backend, text: "a") == [2])
      }
    }

    @Test func `A transaction that is over takes no more`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let bulk = try backend.beginBulk()
      _ = try await bulk.write([.upsert(entity(1, "a"))])
      try await bulk.commit()
      let error = await #expect(throws: DatastoreError.self) { try await bulk.commit() }
      #expect(error?.code == .failedPrecondition)
      #expect(try await ids(backend, text: "a") == [1])
    }
  }
#endif

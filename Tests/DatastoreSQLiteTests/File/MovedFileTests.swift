// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import Testing

  @testable import DatastoreSQLite

  /// Files that are moved, removed or replaced while they are open.
  @Suite struct MovedFileTests {
    private let folder: TemporaryFolder
    private let store: String
    private let backend: SQLiteBackend

    init() async throws {
      folder = try TemporaryFolder()
      store = folder.file("store")
      backend = try SQLiteBackend(path: store)
      _ = try await backend.commit([entity(1, "first")])
    }

    private func move(_ from: String, _ to: String) {
      #expect(rename(from, to) == 0)
    }

    private func expectMoved(_ body: () async throws -> Void) async {
      let error = await #expect(throws: DatastoreError.self) { try await body() }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("moved, removed or replaced") == true)
      #expect(error?.message.contains(store) == true)
    }

    @Test func `A commit into a removed file is refused`() async throws {
      #expect(unlink(store) == 0)
      await expectMoved { _ = try await backend.commit([entity(2, "lost")]) }
      await expectMoved { _ = try await backend.allocateIDs(for: [Key(incomplete: "K")]) }
      await expectMoved { try await backend.reserveIDs([Key("K", id: 5)]) }
      await expectMoved { try await backend.close() }
      #expect(!FileManager.default.fileExists(atPath: store))
    }

    @Test func `A commit into a moved file is refused, and its commits are in the moved file`()
      async throws
    {
      move(store, folder.file("moved"))
      await expectMoved { _ = try await backend.commit([entity(2, "lost")]) }
      await expectMoved { try await backend.close() }
      #expect(try await values(folder.file("moved")) == ["first"])
    }

    @Test func `A file that is moved into place survives the closing of the earlier one`()
      async throws
    {
      let other = try SQLiteBackend(path: folder.file("other"))
      for id in 1...300 { _ = try await other.commit([entity(id, "other \(id)")]) }
      try await other.close()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("other")))
      for id in 2...300 { _ = try await backend.commit([entity(id, "earlier \(id)")]) }
      move(folder.file("other"), store)
      await expectMoved { _ = try await backend.commit([entity(1, "lost")]) }
      await expectMoved { try await backend.close() }
      #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == bytes)
      let values = try await values(store)
      #expect(values.count == 300)
      #expect(values.allSatisfy { $0.hasPrefix("other") })
    }

    @Test(arguments: [true, false])
    func `A file that was moved is not vacuumed, and neither is the one in its place`(
      _ isReplaced: Bool
    ) async throws {
      for id in 2...300 { _ = try await backend.commit([entity(id, "\(id)")]) }
      move(store, folder.file("moved"))
      let text = "somebody else's file"
      if isReplaced { _ = try folder.write(Array(text.utf8), to: "store") }
      await expectMoved { try await backend.vacuum() }
      await expectMoved { try await backend.close() }
      let there = try? String(contentsOfFile: store, encoding: .utf8)
      #expect(there == (isReplaced ? text : nil))
      #expect(try await values(folder.file("moved")).count == 300)
    }

    @Test func `A composite index is not built in a file that was moved`() async throws {
      move(store, folder.file("moved"))
      await expectMoved {
        try await backend.createIndex(
          SQLiteBackend.Index(kind: "K", [QueryOrder("value"), QueryOrder("n")]))
      }
      await expectMoved { try await backend.close() }
    }

    @Test func `A transaction in a replaced file is refused`() async throws {
      let transaction = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([Key("K", id: 1)], in: .running(transaction))
      #expect(unlink(store) == 0)
      await expectMoved {
        _ = try await backend.commit([entity(1, "lost")], in: .running(transaction))
      }
    }
  }

  func entity(_ id: Int, _ value: String) -> Mutation {
    .upsert(Entity(Key("K", id: Int64(id)), ["value": .indexed(.string(value))]))
  }

  func values(_ path: String) async throws -> [String] {
    let backend = try SQLiteBackend(path: path)
    let datastore = Datastore(backend: backend)
    let values = try await datastore.query(Query(kind: "K")).fetch().value.compactMap { entity in
      if case .string(let text) = entity["value"] { text } else { nil as String? }
    }
    #expect(try await backend.check().problems == [])
    try await datastore.close()
    return values
  }
#endif

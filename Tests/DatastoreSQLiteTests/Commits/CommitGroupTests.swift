// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import Dispatch
  import GRDB
  import Synchronization
  import Testing

  @testable import DatastoreSQLite

  /// Commits that wait for the writer together.
  @Suite struct CommitGroupTests {
    typealias Outcome = Result<CommitReply, any Error>

    /// Sends commits in order while the writer is blocked, so that it finds all of them waiting.
    private func together(
      _ backend: SQLiteBackend, _ commits: [[Mutation]],
      checks: [Int: @Sendable (Database) throws -> Void] = [:]
    ) async throws -> [Outcome] {
      let gate = DispatchSemaphore(value: 0)
      backend.database.asyncWriteWithoutTransaction { _ in gate.wait() }
      let tasks = try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
        for (index, mutations) in commits.enumerated() {
          let plan = try CommitPlan(mutations, identifiers: backend.identifiers)
          group.addTask {
            do {
              return (
                index,
                .success(
                  try await backend.commits.commit(
                    plan, into: backend.database, check: checks[index]))
              )
            } catch {
              return (index, .failure(error))
            }
          }
          while backend.commits.waitingCount <= index { await Task.yield() }
        }
        gate.signal()
        return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      return commits.indices.map { tasks[$0]! }
    }

    private func transactions(_ backend: SQLiteBackend) -> Int {
      backend.commits.transactions.load(ordering: .relaxed)
    }

    private func code(_ outcome: Outcome) -> DatastoreError.Code? {
      if case .failure(let error as DatastoreError) = outcome { error.code } else { nil }
    }

    /// Expects the index that a new datastore with these entities has.
    private func expectIndex(
      of backend: SQLiteBackend, toBeThatOf entities: [Entity]
    ) async throws {
      func rows(_ backend: SQLiteBackend) async throws -> Set<[String]> {
        try await backend.database.read { connection in
          let sql = "SELECT hex(path), hex(position) FROM entry JOIN property ON id = property"
          return Set(try Row.fetchAll(connection, sql: sql).map { [$0[0], $0[1]] })
        }
      }
      let fresh = try SQLiteBackend.inMemory()
      _ = try await fresh.commit(entities.map { .insert($0) })
      #expect(try await rows(backend) == rows(fresh))
      #expect(try await StoreAudit.hints(backend).others == 0)
    }

    private func entity(_ id: Int64, _ value: Int64) -> Entity {
      Entity(Key("K", id: id), ["a": .indexed(.integer(value))])
    }

    @Test func `Commits that wait together are one transaction and get their own keys`()
      async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      let entities = (1...20).map { entity($0, $0 * 3) }
      let outcomes = try await together(backend, entities.map { [.insert($0)] })
      #expect(try outcomes.map { try $0.get().keys } == entities.map { [$0.key!] })
      #expect(transactions(backend) == 1)
      #expect(try await backend.lookup(entities.map { $0.key! }).found.count == 20)
      try await expectIndex(of: backend, toBeThatOf: entities)
      try await backend.close()
    }

    @Test func `A failing commit fails alone, without a second transaction for others`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([.insert(entity(1, 1))])
      let before = transactions(backend)
      let outcomes = try await together(
        backend,
        [
          [.upsert(entity(2, 2))], [.upsert(entity(3, 3)), .insert(entity(1, 9))],
          [.update(entity(99, 9))], [.upsert(entity(4, 4))],
          // This commit sees what the one before it has written.
          [.update(entity(4, 5))], [.insert(entity(2, 9))],
        ])
      #expect(
        outcomes.map(code) == [nil, .alreadyExists, .notFound, nil, nil, .alreadyExists])
      #expect(transactions(backend) == before + 1)
      #expect(try await backend.lookup([Key("K", id: 3), Key("K", id: 99)]).found.isEmpty)
      try await expectIndex(of: backend, toBeThatOf: [entity(1, 1), entity(2, 2), entity(4, 5)])
    }

    @Test func `A commit that fails while writing has the others retried alone`() async throws {
      // Every automatic ID drawn is 1, which is taken.
      let backend = SQLiteBackend(
        try StoreFile.openInMemory(schema: .current), path: nil, identifiers: { 1 })
      _ = try await backend.commit([.insert(entity(1, 1))])
      let outcomes = try await together(
        backend,
        [
          [.upsert(entity(2, 2))], [.upsert(entity(3, 3)), .insert(Entity(Key(incomplete: "K")))],
          [.upsert(entity(4, 4))],
        ])
      #expect(outcomes.map(code) == [nil, .internal, nil])
      try await expectIndex(of: backend, toBeThatOf: [entity(1, 1), entity(2, 2), entity(4, 4)])
    }

    @Test func `Several commits of one key happen in order, and the index follows`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let outcomes = try await together(
        backend,
        [
          [.insert(entity(1, 1)), .insert(entity(2, 1))], [.upsert(entity(1, 2))],
          [.delete(Key("K", id: 1))], [.insert(entity(1, 3)), .delete(Key("K", id: 2))],
          [.upsert(entity(1, 4))], [.insert(entity(2, 5))],
        ])
      #expect(outcomes.allSatisfy { code($0) == nil })
      #expect(transactions(backend) == 1)
      try await expectIndex(of: backend, toBeThatOf: [entity(1, 4), entity(2, 5)])
    }

    @Test func `A check sees the commits before it with their index rows, and fails alone`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      let seen = Mutex<[Int]>([])
      let check: @Sendable (Database) throws -> Void = { connection in
        let count = try Int.fetchOne(connection, sql: "SELECT count(*) FROM entry") ?? -1
        seen.withLock { $0.append(count) }
      }
      let outcomes = try await together(
        backend, [[.insert(entity(1, 1))], [.insert(entity(2, 2))], [.insert(entity(3, 3))]],
        checks: [
          1: check,
          2: {
            try check($0)
            throw DatastoreError(.aborted, "as on contention")
          },
        ])
      #expect(outcomes.map(code) == [nil, nil, .aborted])
      // An entity has a row for its kind and one for its property.
      #expect(seen.withLock { $0 } == [2, 4])
      #expect(transactions(backend) == 1)
      try await expectIndex(of: backend, toBeThatOf: [entity(1, 1), entity(2, 2)])
    }

    @Test func `Property IDs that a check saw of an undone commit are not cached`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let full = DatabaseError(resultCode: .SQLITE_FULL, message: "as on a full disk")
      let path = PropertyPaths.path(namespace: "", kind: "First", name: "a")
      let calls = Mutex(0)
      let outcomes = try await together(
        backend,
        [
          [.insert(Entity(Key("First", id: 1), ["a": 1]))], [.insert(entity(1, 1))],
          [.insert(entity(2, 2))],
        ],
        checks: [
          // This check fails when the commit is retried alone.
          0: { _ in
            let call = calls.withLock { calls -> Int in
              calls += 1
              return calls
            }
            if call > 1 { throw full }
          },
          1: { _ = try backend.propertyIDs.find(path, $0) }, 2: { _ in throw full },
        ])
      #expect(outcomes.map(code) == [.resourceExhausted, nil, .resourceExhausted])
      // The ID of the property that was never written goes to another one.
      let first = Entity(Key("First", id: 1), ["a": 1])
      let other = Entity(Key("Other", id: 1), ["b": 2, "c": 3])
      _ = try await backend.commit([.insert(other)])
      _ = try await backend.commit([.insert(first)])
      try await expectIndex(of: backend, toBeThatOf: [entity(1, 1), other, first])
    }

    @Test func `A locked file fails all waiting commits with aborted after one timeout`()
      async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(
        path: folder.file("store"), configuration: .init(busyTimeout: .milliseconds(20)))
      var configuration = GRDB.Configuration()
      configuration.allowsUnsafeTransactions = true
      let other = try DatabaseQueue(path: folder.file("store"), configuration: configuration)
      try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let outcomes = try await together(backend, (1...5).map { [.insert(entity($0, 1))] })
      #expect(outcomes.map(code) == Array(repeating: .aborted, count: 5))
      try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
      _ = try await backend.commit([.insert(entity(1, 1))])
      try await backend.close()
      try other.close()
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  import Dispatch
  import GRDB
  import Synchronization
  import Testing

  @testable import DatastoreSQLite

  /// Reads run beside the writer: while one of them is blocked in its middle, the other goes on.
  @Suite struct ReadConcurrencyTests {
    private func commit(_ backend: SQLiteBackend, _ numbers: Range<Int64>) async throws {
      _ = try await backend.commit(
        numbers.map { .upsert(Entity(Key("Row", id: $0), ["number": .indexed(.integer($0))])) })
    }

    private var query: NormalizedQuery {
      get throws {
        var request = QueryRequest(kind: "Row")
        request.orders = [QueryOrder("number")]
        return try NormalizedQuery(request)
      }
    }

    @Test func `Queries held in their middle let commits pass, and see none of them`() async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(
        path: folder.file("store"), configuration: .init(maxReaders: 3))
      try await commit(backend, 1..<11)
      let query = try query
      let begun = DispatchSemaphore(value: 0)
      let gate = DispatchSemaphore(value: 0)
      // Two of the three readers are blocked, each after its third result.
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask {
            try await backend.run(query) { run in
              var count = 0
              _ = try run.visit(atMost: nil, needsEntities: true) { _ in
                count += 1
                if count == 3 {
                  begun.signal()
                  gate.wait()
                }
                return .more
              }
              return count
            }.reply
          }
        }
        await Self.wait(for: begun, times: 2)
        for batch in 0..<20 as Range<Int64> {
          try await commit(backend, 100 + batch * 10..<110 + batch * 10)
        }
        #expect(backend.commits.transactions.load(ordering: .relaxed) == 21)
        // The third reader sees the commits while the two others are still blocked.
        #expect(try await backend.lookup([Key("Row", id: 299)]).found.count == 1)
        gate.signal()
        gate.signal()
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(counts == [10, 10])
      try await backend.close()
    }

    @Test func `A commit held in its middle lets reads pass, which see none of it`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      try await commit(backend, 1..<11)
      let begun = DispatchSemaphore(value: 0)
      let gate = DispatchSemaphore(value: 0)
      let plan = try CommitPlan(
        [.upsert(Entity(Key("Row", id: 11), ["number": 11]))], identifiers: backend.identifiers)
      async let held = backend.commits.commit(
        plan, into: backend.database,
        check: { connection in
          // The transaction has the lock and has written something.
          try connection.execute(sql: "UPDATE entity SET data = data")
          begun.signal()
          gate.wait()
        })
      await Self.wait(for: begun, times: 1)
      let query = try query
      for _ in 0..<20 {
        #expect(try await backend.lookup([Key("Row", id: 11)]).found.isEmpty)
        #expect(try await backend.query(query.request).items.count == 10)
        let counted = try await backend.aggregate(
          AggregationRequest(query: query.request, aggregations: [.count()]))
        #expect(counted.values == [10])
      }
      gate.signal()
      _ = try await held
      #expect(try await backend.query(query.request).items.count == 11)
      try await backend.close()
    }

    /// Waits on a thread of its own, because the threads of tasks must not be blocked.
    private static func wait(for semaphore: DispatchSemaphore, times: Int) async {
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          for _ in 0..<times { semaphore.wait() }
          continuation.resume()
        }
      }
    }
  }
#endif

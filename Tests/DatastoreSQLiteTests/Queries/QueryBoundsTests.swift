// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import DatastoreSQLite
  import Testing

  /// Limits and offsets beyond all results, and kinds whose names are almost reserved.
  @Suite struct QueryBoundsTests {
    private let backend: SQLiteBackend

    init() async throws {
      backend = try SQLiteBackend.inMemory()
      for start in stride(from: 1, through: 1_200, by: 400) {
        _ = try await backend.commit(
          (start..<start + 400).map { id in
            .insert(Entity(Key("K", id: Int64(id)), ["a": 1, "b": .indexed(.integer(Int64(id)))]))
          })
      }
    }

    private var both: Query<Entity> {
      Query(kind: "K").where(Property("a") >= 0 && Property("b") >= 0)
    }

    @Test func `The greatest limit finds what no limit finds, also when sorting`() async throws {
      let sorted = both.order(by: "a").order(by: "b", .descending).limit(.max)
      #expect(try await backend.query(sorted.request).items.count == 1_000)
      let sum = AggregationRequest(
        query: both.limit(.max).request, aggregations: [.sum("b"), .count(upTo: .max)])
      #expect(try await backend.aggregate(sum).values == [720_600, 1_200])
      let count = AggregationRequest(query: both.request, aggregations: [.count(upTo: .max)])
      #expect(try await backend.aggregate(count).values == [1_200])
    }

    @Test func `The greatest offset skips all results, and one beyond it is refused`() async throws
    {
      let sorted = both.order(by: "a").order(by: "b", .descending)
      for limit in [1, nil, .max] as [Int?] {
        var request = sorted.offset(Int(Int32.max)).request
        request.limit = limit
        let reply = try await backend.query(request)
        #expect(reply.items.isEmpty && reply.skipped == 1_200 && reply.more == .none)
        request.offset = 5_000_000_000_000_000_000
        let error = await #expect(throws: DatastoreError.self) {
          try await backend.query(request)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("allows up to 2147483647. Use a cursor") == true)
      }
    }

    @Test func `The kinds __ and ___ are ordinary`() async throws {
      for kind in ["__", "___"] {
        _ = try await backend.commit([.insert(Entity(Key(kind, id: 1), ["a": 1]))])
        #expect(try await backend.query(QueryRequest(kind: kind)).items.count == 1)
      }
      await #expect(throws: DatastoreError.self) {
        try await backend.query(QueryRequest(kind: "____"))
      }
    }
  }
#endif

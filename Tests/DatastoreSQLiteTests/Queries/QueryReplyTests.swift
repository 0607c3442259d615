// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import Testing

  @testable import DatastoreSQLite

  /// Replies at the edges of limits, offsets and cursors.
  @Suite struct QueryReplyTests {
    private let backend: SQLiteBackend

    init() async throws {
      backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit(
        ([1, 1, 1, 2, 3] as [Int64]).enumerated().map { number, value in
          .insert(Entity(Key("K", id: Int64(number + 1)), ["a": .indexed(.integer(value))]))
        })
    }

    private func request(_ change: (inout QueryRequest) -> Void) -> QueryRequest {
      var request = QueryRequest(kind: "K")
      request.orders = [QueryOrder("a")]
      change(&request)
      return request
    }

    @Test func `A query with an offset and no results only skips the offset`()
      async throws
    {
      let reply = try await backend.query(
        request {
          $0.offset = 2
          $0.limit = 0
        })
      #expect(reply.items.isEmpty && reply.skipped == 2)
      #expect(reply.more == .afterLimit)
    }

    @Test func `A limit that is reached with the last result leaves nothing`() async throws {
      let metadata = QueryRequest(kind: "__property__")
      for (query, count) in [
        (QueryRequest(kind: "K"), 5), (request { _ in }, 5),
        (request { $0.orders = [QueryOrder("a", .descending)] }, 5),
        (request { $0.filter = .property("a", .equal, 1) }, 3),
        (request { $0.orders = [QueryOrder("a"), QueryOrder("__key__", .descending)] }, 5),
        (request { $0.projection = ["__key__"] }, 5), (request { $0.offset = 1 }, 4),
        (metadata, 1),
      ] {
        var query = query
        query.limit = count
        let exact = try await backend.query(query)
        #expect(exact.items.count == count && exact.more == .none, "\(query)")
        query.limit = count - 1
        guard count > 1 else { continue }
        let page = try await backend.query(query)
        #expect(page.items.count == count - 1 && page.more == .afterLimit, "\(query)")
      }
    }

    @Test func `A page of distinct results goes on after the values of the last page`()
      async throws
    {
      var next = request {
        $0.distinctOn = ["a"]
        $0.limit = 1
      }
      var values: [Value?] = []
      for _ in 1...4 {
        let reply = try await backend.query(next)
        values += reply.items.map { $0.entity["a"] }
        next.startCursor = reply.endCursor
      }
      #expect(values == [1, 2, 3])
    }

    @Test func `A count up to the largest number begins after the offset`() async throws {
      let reply = try await backend.aggregate(
        AggregationRequest(
          query: request { $0.offset = 2 }, aggregations: [.count(upTo: .max), .sum("a")]))
      #expect(reply.values == [3, 6])
      let count = try await backend.aggregate(
        AggregationRequest(query: request { $0.offset = 2 }, aggregations: [.count(upTo: .max)]))
      #expect(count.values == [3])
    }

    @Test func `A sum covers all results although a count beside it stops early`() async throws {
      let reply = try await backend.aggregate(
        AggregationRequest(query: request { _ in }, aggregations: [.count(upTo: 2), .sum("a")]))
      #expect(reply.values == [2, 8])
    }

    @Test func `An entity that fulfils both sides of an OR is found once`() async throws {
      let reply = try await backend.query(
        request {
          $0.filter = .or([.property("a", .equal, 1), .property("a", .lessThan, 3)])
        })
      #expect(reply.items.map(\.entity.key?.id) == [1, 2, 3, 4])
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// What queries make SQLite read, counted.
  @Suite struct QueryCostTests {
    private func store(_ count: Int) async throws -> SQLiteBackend {
      let backend = try SQLiteBackend.inMemory()
      for start in stride(from: 0, to: count, by: 500) {
        _ = try await backend.commit(
          (start..<min(start + 500, count)).map { id in
            .insert(
              Entity(
                Key("Account", id: Int64(id + 1)),
                [
                  "balance": .indexed(.integer(Int64(id * 7_919 % count))),
                  "city": .indexed(.string("city \(id % 50)")), "rare": .indexed(.boolean(id < 5)),
                  "even": .indexed(.boolean(id % 2 == 0)),
                ]))
          })
      }
      return backend
    }

    private func cost(
      _ backend: SQLiteBackend, _ query: Query<Entity>
    ) async throws -> QueryCost.Counts {
      let normalized = try NormalizedQuery(query.request)
      return try await backend.run(normalized) { try $0.reply(normalized) }.cost
    }

    @Test func `A filter and an order on one property read only what they return`() async throws {
      for count in [1_000, 10_000] {
        let backend = try await store(count)
        let query = Query(kind: "Account").where(Property("balance") > 100)
        for query in [
          query.order(by: "balance"), query.order(by: "balance", .descending), query,
        ] {
          let cost = try await cost(backend, query.limit(20))
          // One row is read ahead.
          #expect(cost.indexRows <= 21, "\(cost)")
          #expect(cost.entities == 20)
        }
        try await backend.close()
      }
    }

    @Test func `Keys, equalities and cursors read only what they return`() async throws {
      let backend = try await store(5_000)
      let all = Query(kind: "Account")
      let kindless = Query()
      let ordered = all.order(by: "balance", .descending)
      let place = try await backend.query(ordered.limit(3_000).request).endCursor
      let equal = all.where(Property("city") == "city 7")
      for query in [
        all, kindless, all.order(by: .key, .descending), equal, ordered.starting(after: place),
        all.where(.in("city", ["city 7", "city 8"])),
      ] {
        let cost = try await cost(backend, query.limit(20))
        #expect(cost.indexRows <= 22, "\(cost)")
        #expect(cost.entities == 20, "\(cost)")
      }
      try await backend.close()
    }

    @Test func `Keys-only queries and counts read the index and no entity`() async throws {
      let backend = try await store(2_000)
      let query = Query(kind: "Account").where(Property("balance") >= 500)
      let keys = try await backend.query(query.keysOnly().request)
      #expect(keys.items.count == 1_000)
      let request = AggregationRequest(query: query.request, aggregations: [.count()])
      let normalized = try NormalizedQuery(request)
      let counted = try await backend.run(normalized) {
        try $0.reply(normalized, request.aggregations, QueryEvaluation(normalized))
      }
      #expect(counted.reply.values == [1_500])
      #expect(counted.cost.entities == 0)
      #expect(counted.cost.indexRows == 1_500)
      try await backend.close()
    }

    @Test func `Aggregations of two compared properties keep nothing to be sorted`() async throws {
      let backend = try await store(2_000)
      let both = Query(kind: "Account")
        .where(Property("balance") >= 500 && Property("city") >= "city 0")
      let orders = [both, both.order(by: "balance").order(by: "city", .descending)]
      for query in orders + orders.map({ $0.limit(1_400) }) + orders.map({ $0.offset(100) }) {
        let counts = [Aggregation.count(), .count(upTo: .max)]
        for aggregations in [counts, counts + [.sum("balance"), .average("balance")]] {
          let isWhole = query.request.limit == nil && query.request.offset == 0
          guard isWhole || aggregations == counts else { continue }
          let request = AggregationRequest(query: query.request, aggregations: aggregations)
          let normalized = try NormalizedQuery(request)
          let (reply, cost) = try await backend.run(normalized) {
            try $0.reply(normalized, request.aggregations, QueryEvaluation(normalized))
          }
          let count = Value.integer(isWhole ? 1_500 : 1_400)
          #expect(reply.values.prefix(2) == [count, count])
          #expect(cost.kept == 0, "\(cost)")
          #expect(cost.indexRows <= 1_501 && cost.entities <= 1_501, "\(cost)")
          guard aggregations.count == 4 else { continue }
          #expect(reply.values[2...] == [.integer((500..<2_000).reduce(0, +)), 1_249.5])
        }
      }
      try await backend.close()
    }

    @Test func `A sum reads only the entities that have its property, and explains the way`()
      async throws
    {
      let backend = try await store(2_000)
      _ = try await backend.commit(
        (1...30).map { id in
          let key = Key("Account", id: Int64(9_000 + id), parent: Key("Account", id: 1))
          return .insert(Entity(key, id <= 20 ? ["refund": .indexed(.integer(2))] : [:]))
        })
      let all = Query(kind: "Account")
      let family = all.ancestor(Key("Account", id: 1))
      let byRefund = "(refund ASC, __name__ ASC)"
      let byKey = "(__name__ ASC)"
      for (query, property, read, index) in [
        (all, "refund", 20, byRefund), (family, "refund", 20, byRefund),
        // All entities of the family are fewer than all accounts with a balance.
        (family, "balance", 31, byKey), (all, "nothing", 0, nil),
      ] {
        let request = AggregationRequest(
          query: query.request, aggregations: [.sum(property), .count()])
        let options = ReadOptions(explainOptions: ExplainOptions(analyze: true))
        let reply = try await backend.aggregate(request, options: options)
        let metrics = try #require(reply.explainMetrics)
        #expect(metrics.indexesUsed.map(\.properties) == (index.map { [$0] } ?? []))
        #expect(
          metrics.executionStats?.debugStats["documents_scanned"] == "\(read)", "\(property)")
        if property == "refund" { #expect(reply.values == [40, 20]) }
      }
      try await backend.close()
    }

    @Test func `A projection in key order reads only the entities of its page`() async throws {
      let backend = try await store(2_000)
      let all = Query(kind: "Account")
      for query in [
        all.order(by: .key).select("balance"), all.order(by: .key, .descending).select("balance"),
        all.order(by: "balance").order(by: .key).select("city"),
        all.where(Property("city") == "city 7").order(by: .key).select("balance"),
      ] {
        let place = try await backend.query(query.limit(20).request).endCursor
        for page in [query.limit(20), query.starting(after: place).limit(20)] {
          let cost = try await cost(backend, page)
          // The entity at the cursor might have more values, and one row is read ahead.
          #expect(cost.entities <= 21, "\(cost)")
          #expect(cost.indexRows <= 23, "\(cost)")
        }
      }
      try await backend.close()
    }

    @Test func `Few matching entities are gathered, and for many the order is followed`()
      async throws
    {
      let backend = try await store(5_000)
      let ordered = Query(kind: "Account").order(by: "balance").limit(20)
      let rare = try await cost(backend, ordered.where(Property("rare") == true))
      #expect(
        rare
          == QueryCost.Counts(indexRows: 5, counted: 5, probes: 5, partialDecodes: 5, entities: 5))
      let frequent = try await cost(backend, ordered.where(Property("even") == true))
      #expect(frequent.entities == 20)
      #expect(frequent.probes <= 60, "\(frequent)")
      try await backend.close()
    }

    @Test func `Gathering reads one property, and the entities of the page`() async throws {
      let backend = try await store(5_000)
      let page = Query(kind: "Account").order(by: "balance").limit(20)
      let query = page.where(Property("city") == "city 7")
      let cost = try await cost(backend, query)
      // One candidate is taken ahead.
      #expect(
        cost
          == QueryCost.Counts(
            indexRows: 100, counted: 100, probes: 20, partialDecodes: 100, entities: 20))
      let next = try await backend.query(query.request).endCursor
      #expect(try await self.cost(backend, query.starting(after: next)).entities == 20)
      // Of two filters the more selective one is gathered, and the other is checked by probes.
      let both = try await self.cost(backend, query.where(Property("even") == false))
      #expect(both.indexRows == 100)
      #expect(both.entities == 20)
      try await backend.close()
    }

    @Test func `Over a thousand entities are gathered only if the order costs more`() async throws {
      let backend = try await store(2_400)
      let query = Query(kind: "Account").where(Property("even") == true).order(by: "balance")
        .limit(20)
      #expect(try await cost(backend, query).partialDecodes == 0)
      // The highest rowid makes it look like ten million entities.
      try await backend.database.write {
        try $0.execute(sql: "UPDATE entity SET id = 10000000 WHERE id = 2400")
      }
      #expect(try await cost(backend, query).partialDecodes == 1_200)
      try await backend.close()
    }

    private static let byRowID = "SEARCH entity USING INTEGER PRIMARY KEY (rowid=?)"

    @Test func `SQLite searches the tree for each scan, and sorts nothing`() async throws {
      let backend = try await store(10)
      try await backend.database.read { connection in
        for isDescending in [false, true] {
          for tree in [IndexTree.keys, .property(1, sharedValue: nil)] {
            let rows = try Row.fetchAll(
              connection, sql: "EXPLAIN QUERY PLAN " + tree.sql(isDescending: isDescending),
              arguments: tree.sql(isDescending: false).contains("?3")
                ? [Data(), Data(), 1] : [Data(), Data()])
            let details = rows.map { $0["detail"] as String }
            #expect(details.count == 1, "\(details)")
            #expect(details[0].hasPrefix("SEARCH"), "\(details)")
            let bounds =
              if case .keys = tree { "(key>? AND key<?)" } else {
                "(property=? AND position>? AND position<?)"
              }
            #expect(details[0].contains(bounds), "\(details)")
          }
          let gathering = IndexTree.property(1, sharedValue: 1)
          let rows = try Row.fetchAll(
            connection,
            sql: "EXPLAIN QUERY PLAN "
              + gathering.sql(isDescending: isDescending, withData: true),
            arguments: [Data(), Data(), 1, 2])
          let details = rows.map { $0["detail"] as String }
          // The last two are for rows without a rowid.
          #expect(details.count == 4, "\(details)")
          #expect(details[0].contains("(property=? AND position>? AND position<?)"), "\(details)")
          #expect(details[1].hasPrefix(Self.byRowID), "\(details)")
          #expect(details[2].contains("CORRELATED"), "\(details)")
          #expect(details[3].hasPrefix("SEARCH entity USING INDEX"), "\(details)")
        }
        let details = try Row.fetchAll(
          connection, sql: "EXPLAIN QUERY PLAN " + EntityReader.rowIDSQL, arguments: [Data(), 1]
        ).map { $0["detail"] as String }
        #expect(details.count == 1 && details[0].hasPrefix(Self.byRowID), "\(details)")
      }
      try await backend.close()
    }

    @Test func `A reply ends after a thousand results or 4 MiB, and can be continued`() async throws
    {
      let backend = try SQLiteBackend.inMemory()
      let text = String(repeating: "x", count: 500_000)
      _ = try await backend.commit(
        (1...20).map { id in
          .insert(
            Entity(
              Key("Long", id: id),
              [
                "text": .unindexed(.string(text)), "group": 1,
                "number": .indexed(.integer(id)),
              ]))
        })
      let reply = try await backend.query(QueryRequest(kind: "Long"))
      #expect(reply.more == .notFinished)
      #expect(8...10 ~= reply.items.count)
      let datastore = Datastore(backend: backend)
      #expect(try await datastore.query(Query(kind: "Long")).fetch().value.count == 20)
      // If results are sorted in memory, long ones are read again when it is their turn.
      let sorted = Query(kind: "Long").where(Property("number") >= 1)
        .order(by: "group").order(by: "number", .descending)
      let found = try await datastore.query(sorted).fetch().value
      #expect(found.map { $0["number"] } == (1...20).reversed().map { .integer($0) })
      #expect(found.allSatisfy { $0["text"]?.stringValue?.utf8.count == 500_000 })
      try await backend.close()
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Synchronization
  import Testing

  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  @testable import DatastoreContractTests
  @testable import DatastoreSQLite

  /// Queries that a composite index answers.
  @Suite struct CompositeQueryTests {
    @Test(arguments: DatastoreContract.cases)
    func `The contract holds with an index made for each query`(_ contract: DatastoreContract.Case)
      async throws
    {
      try await contract.run { IndexingBackend(try SQLiteBackend.inMemory()) }
    }

    @Test func `Random queries use the indexes made for them`() async throws {
      for contract in DatastoreContract.randomQueryCases.prefix(2) {
        let backend = IndexingBackend(
          SQLiteBackend(
            try StoreFile.openInMemory(schema: .current), path: nil, strategy: .followOrder))
        try await contract.run { backend }
        #expect(backend.used.load(ordering: .relaxed) > 50)
      }
    }

    private func store(_ count: Int) async throws -> SQLiteBackend {
      let backend = try SQLiteBackend.inMemory()
      for start in stride(from: 0, to: count, by: 500) {
        _ = try await backend.commit(
          (start..<min(start + 500, count)).map { id in
            .insert(
              Entity(
                Key("Account", id: Int64(id + 1), parent: Key("Bank", id: Int64(id % 3 + 1))),
                [
                  "balance": .indexed(.integer(Int64(id * 7_919 % count))),
                  "city": .indexed(.string("city \(id % 50)")),
                  "group": .indexed(.integer(Int64(id % 10))),
                  "tags": ["all", .string("tag \(id % 50)")],
                ]))
          })
      }
      return backend
    }

    private func run(
      _ backend: SQLiteBackend, _ request: QueryRequest
    ) async throws -> (QueryReply, QueryCost.Counts) {
      let normalized = try NormalizedQuery(request)
      return try await backend.run(normalized) { try $0.reply(normalized) }
    }

    @Test func `A filter and another order read only what they return`() async throws {
      let backend = try await store(1_000)
      let index = { (names: [QueryOrder], ancestors: Bool) in
        SQLiteBackend.Index(kind: "Account", names, includesAncestors: ancestors)
      }
      let balance = QueryOrder("balance")
      let down = QueryOrder("balance", .descending)
      let city = Query(kind: "Account").where(Property("city") == "city 7")
      let both = city.where(Property("group") == 7)
      let bank = Query(kind: "Account").ancestor(Key("Bank", id: 2))
      let cases: [(SQLiteBackend.Index, Query<Entity>, isEmpty: Bool)] = [
        (index([QueryOrder("city"), balance], false), city.order(by: "balance"), false),
        (
          index([QueryOrder("city"), balance], false), city.order(by: "balance", .descending), false
        ),
        (
          index([QueryOrder("city"), down], false),
          city.where(Property("balance") > 400).order(by: "balance"), false
        ),
        (
          index([QueryOrder("city", .descending), down], false),
          city.where(Property("balance") > 10_000).order(by: "balance"), true
        ),
        (
          index([QueryOrder("group"), QueryOrder("city"), balance], false),
          both.order(by: "balance"), false
        ),
        (
          index([QueryOrder("group"), QueryOrder("city"), down], false),
          Query(kind: "Account").where(Property("group") == 7).order(by: "city")
            .order(by: "balance", .descending), false
        ),
        (
          index([QueryOrder("group"), QueryOrder("city"), down], false),
          Query(kind: "Account")
            .where(Property("group") == 7 && Property("city") > "city 30")
            .order(by: "city", .descending).order(by: "balance"), false
        ),
        (
          index([QueryOrder("tags"), balance], false),
          Query(kind: "Account").where(Property("tags") == "tag 3").order(by: "balance"), false
        ),
        (index([QueryOrder("group"), QueryOrder("city")], false), both, false),
        (
          index([QueryOrder("city"), balance], true),
          bank.where(Property("city") == "city 7").order(by: "balance"), false
        ),
        (index([balance], true), bank.order(by: "balance", .descending), false),
        (
          index([QueryOrder("city"), balance], false),
          city.where(Property("city") == "city 8").order(by: "balance"), true
        ),
      ]
      for (index, query, isEmpty) in cases {
        var request = query.request
        request.limit = 20
        let (without, costWithout) = try await run(backend, request)
        try #require(costWithout.composites == 0)
        try await backend.createIndex(index)
        let (with, cost) = try await run(backend, request)
        #expect(
          Fingerprint.of(with.withoutEnding) == Fingerprint.of(without.withoutEnding), "\(index)")
        let results = with.items.count
        #expect(isEmpty ? results == 0 : 5...20 ~= results, "\(index)")
        #expect(cost.composites == 1, "\(index)")
        if index.properties.count > 1, query.request.filter.map(Self.isOneCity) ?? true {
          // One row is read ahead.
          #expect(cost.indexRows <= results + 1, "\(index): \(cost)")
          #expect(cost.entities == results)
        }
        #expect(cost.counted + cost.probes + cost.partialDecodes == 0 || results == 0, "\(cost)")
        try await backend.dropIndex(index)
        #expect(try await run(backend, request).1.composites == 0)
      }
      try await backend.close()
    }

    private static func isOneCity(_ filter: QueryFilter) -> Bool {
      if case .and(let parts) = filter {
        return !parts.contains(.property("city", .equal, "city 8"))
      }
      return true
    }

    @Test func `Counting by a composite index reads no entity`() async throws {
      let backend = try await store(2_000)
      try await backend.createIndex(
        .init(kind: "Account", [QueryOrder("city"), QueryOrder("balance")]))
      let query = Query(kind: "Account")
        .where(Property("city") == "city 7" && Property("balance") >= 1_000)
      let request = AggregationRequest(query: query.request, aggregations: [.count()])
      let normalized = try NormalizedQuery(request)
      let (reply, cost) = try await backend.run(normalized) {
        try $0.reply(normalized, request.aggregations, QueryEvaluation(normalized))
      }
      #expect(reply.values == [20])
      #expect(cost.composites == 1)
      #expect(cost.entities + cost.probes + cost.partialDecodes == 0)
      try await backend.close()
    }

    @Test func `IN and OR use an index for each part`() async throws {
      let backend = try await store(2_000)
      let query = Query(kind: "Account")
        .where(.in("city", ["city 7", "city 9", "no city"])).order(by: "balance")
      var request = query.request
      request.limit = 20
      let (without, _) = try await run(backend, request)
      try await backend.createIndex(
        .init(kind: "Account", [QueryOrder("city"), QueryOrder("balance")]))
      let (with, cost) = try await run(backend, request)
      #expect(with == without)
      #expect(cost.composites == 3)
      #expect(cost.indexRows <= 22 && cost.entities == 20, "\(cost)")
      try await backend.close()
    }

    @Test func `Texts that begin other texts sort right in inverted order`() async throws {
      let texts = ["", "\0", "a", "a\0", "a\0b", "a\u{1}", "ab", "b", "é", "e\u{301}"]
      let backend = try SQLiteBackend.inMemory()
      var entities: [Mutation] = []
      for (place, text) in texts.enumerated() {
        for number in 0..<3 {
          entities.append(
            .insert(
              Entity(
                Key("T", id: Int64(place * 10 + number + 1)),
                ["all": 1, "text": .indexed(.string(text)), "n": .indexed(.integer(Int64(number)))])
            ))
        }
      }
      _ = try await backend.commit(entities)
      let base = Query(kind: "T").where(Property("all") == 1)
      let text = Property("text")
      var requests: [QueryRequest] = []
      for bound in ["", "a", "a\0", "é"] {
        let value = Value.string(bound)
        for filtered in [
          base.where(text < value), base.where(text <= value), base.where(text > value),
          base.where(text >= value), base.where(text != value),
        ] {
          requests.append(filtered.order(by: "text").order(by: "n", .descending).request)
          requests.append(filtered.order(by: "text", .descending).order(by: "n").request)
          requests.append(filtered.order(by: "text").order(by: "n").keysOnly().request)
        }
      }
      var expected: [QueryReply] = []
      for request in requests { expected.append(try await run(backend, request).0) }
      for direction in [QueryOrder.Direction.ascending, .descending] {
        try await backend.createIndex(
          .init(kind: "T", [QueryOrder("all"), QueryOrder("text"), QueryOrder("n", direction)]))
      }
      for (place, (request, expected)) in zip(requests, expected).enumerated() {
        let (found, cost) = try await run(backend, request)
        try #require(found == expected, "\(request)")
        #expect(cost.composites > 0)
        // The same holds for pages of one result, from each position on.
        guard place % 4 == 1 else { continue }
        var page = request
        page.limit = 1
        for item in expected.items {
          let one = try await backend.query(page)
          try #require(one.items == [item])
          page.startCursor = one.endCursor
        }
      }
      try await backend.close()
    }
  }
#endif

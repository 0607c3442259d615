// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import GRDB
  import Testing

  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  @testable import DatastoreSQLite

  /// Index rows have their entity's rowid as a hint: it is used if it is right.
  @Suite struct IndexHintTests {
    private static let indexes = [
      SQLiteBackend.Index(kind: "Thing", [QueryOrder("other"), QueryOrder("rank")]),
      SQLiteBackend.Index(kind: "Thing", [QueryOrder("group"), QueryOrder("other")]),
    ]

    /// Every kind of read: in an order, by key, of all kinds, gathered by one value and by many,
    /// from a composite index, sorted in memory, merged, and projected.
    private static var requests: [QueryRequest] {
      let all = Query(kind: "Thing")
      let group = all.where(Property("group") == 1)
      let rank = Property("rank")
      let other = Property("other")
      return [
        all.order(by: "single").request, all.order(by: "rank", .descending).request, all.request,
        Query().request, group.request, group.where(other == 2).request,
        group.order(by: "rank").request, group.order(by: "single", .descending).request,
        all.where(other >= 3 && rank > 4).order(by: "single").request,
        all.where(rank > 20).request, all.where(other == 2).order(by: "rank").request,
        group.order(by: "other").request, group.order(by: "rank").order(by: "single").request,
        all.where(.in("other", [1, 2, 3])).order(by: "rank").request,
        all.order(by: "rank").select("rank").request, group.select("single").request,
      ]
    }

    private static let readsNoEntity: [QueryRequest] = [
      Query(kind: "Thing").keysOnly().request,
      Query(kind: "Thing").order(by: "single").keysOnly().request,
    ]

    private static func store(_ strategy: QueryPlan.Strategy) async throws -> SQLiteBackend {
      let backend = SQLiteBackend(
        try StoreFile.openInMemory(schema: .current), path: nil, strategy: strategy)
      var generator = SeededGenerator(seed: 17)
      let entities = (1...200).map { Entity.thing($0, &generator) }
      _ = try await backend.commit(entities.map { .insert($0) })
      for index in indexes { try await backend.createIndex(index) }
      return backend
    }

    private static func run(
      _ backend: SQLiteBackend, _ request: QueryRequest
    ) async throws -> (reply: QueryReply, cost: QueryCost.Counts) {
      let query = try NormalizedQuery(request)
      return try await backend.run(query) { try $0.reply(query) }
    }

    /// The replies to all requests in pages of seven, how many entities were looked at, and how
    /// many of them were searched by key.
    private static func read(
      _ backend: SQLiteBackend
    ) async throws -> (replies: [Int], looks: Int, keySearches: Int) {
      var all: (replies: [Int], looks: Int, keySearches: Int) = ([], 0, 0)
      for var request in requests + readsNoEntity {
        request.limit = 7
        for _ in 0..<6 {
          let (reply, cost) = try await run(backend, request)
          all.replies.append(Fingerprint.of(reply.withoutEnding))
          all.looks += cost.entities + cost.partialDecodes
          all.keySearches += cost.keySearches
          request.startCursor = reply.endCursor
        }
      }
      return all
    }

    @Test(arguments: QueryPlan.Strategy.allCases)
    func `No reader searches an entity by its key`(_ strategy: QueryPlan.Strategy) async throws {
      let backend = try await Self.store(strategy)
      #expect(try await StoreAudit.hints(backend).others == 0)
      for request in Self.requests {
        let cost = try await Self.run(backend, request).cost
        #expect(cost.entities > 0 && cost.keySearches == 0, "\(request): \(cost)")
      }
      for request in Self.readsNoEntity where strategy != .gather {
        let cost = try await Self.run(backend, request).cost
        #expect(cost.indexRows == 200 && cost.entities + cost.keySearches == 0, "\(cost)")
      }
      try await backend.close()
    }

    /// What rows may have instead of their entity's rowid. The entities have the rowids 1 to 200.
    enum Spoiling: String, CaseIterable {
      case none = "0"
      case another = "(target >> 1) % 200 + 1"
      case gone = "(target >> 1) + 1000000"
      case negative = "-(target >> 1)"
      case extreme =
        "CASE (target >> 1) % 2 WHEN 0 THEN 4611686018427387903 ELSE -4611686018427387904 END"
      /// Some rowids are right, some are another entity's, some are 0.
      case mixed = "CASE (target >> 1) % 3 WHEN 0 THEN 0 WHEN 1 THEN target >> 1 ELSE 7 END"

      var sql: String { "UPDATE entry SET target = ((\(rawValue)) << 1) | (target & 1)" }
    }

    @Test(
      arguments: Spoiling.allCases,
      QueryPlan.Strategy.allCases)
    func `All readers find the same, whatever rowids the rows have`(
      _ spoiling: Spoiling, _ strategy: QueryPlan.Strategy
    ) async throws {
      let backend = try await Self.store(strategy)
      let expected = try await Self.read(backend)
      try await backend.database.write { try $0.execute(sql: spoiling.sql) }
      let wrong = try await StoreAudit.hints(backend).others
      #expect(wrong > 500)
      let found = try await Self.read(backend)
      #expect(found.replies == expected.replies && found.looks == expected.looks)
      #expect(expected.keySearches == 0)
      if spoiling == .mixed {
        #expect(0 < found.keySearches && found.keySearches < found.looks)
      } else {
        // A query of all kinds scans the tree of keys, which has the rowids themselves.
        #expect(found.keySearches == found.looks - 42)
      }
      #expect(try await backend.check().problems == [])
      try await backend.close()
    }

    @Test func `Aggregations and transactions need no right rowids`() async throws {
      let backend = try await Self.store(.cheapest)
      let query = Query(kind: "Thing").where(Property("group") == 1).order(by: "rank")
      let request = AggregationRequest(
        query: query.request, aggregations: [.count(), .sum("single")])
      let sums = try await backend.aggregate(request).values
      let page = try await backend.query(query.request)
      try await backend.database.write { try $0.execute(sql: Spoiling.another.sql) }
      let id = try await backend.beginTransaction(.readWrite())
      #expect(try await backend.aggregate(request, in: .running(id)).values == sums)
      let found = try await backend.query(query.request, in: .running(id))
      #expect(Fingerprint.of(found) == Fingerprint.of(page))
      // The rowids are no part of what was read.
      try await backend.database.write { try $0.execute(sql: Spoiling.none.sql) }
      _ = try await backend.commit([.delete(Key("None", id: 1))], in: .running(id))
      try await backend.close()
    }

    @Test func `A row whose entity is missing is reported, whatever rowid it has`() async throws {
      for spoiling in Spoiling.allCases + [nil] {
        let backend = try await Self.store(.cheapest)
        try await backend.database.write { connection in
          if let spoiling { try connection.execute(sql: spoiling.sql) }
          try connection.execute(sql: "DELETE FROM entity WHERE id = 4")
        }
        let group = Query(kind: "Thing").where(Property("group") == 1)
        for query in [group, group.order(by: "single")] {
          let error = await #expect(throws: DatastoreError.self) {
            try await backend.query(query.request)
          }
          #expect(error?.code == .dataLoss && error?.message.contains("Thing/4") == true)
        }
        let problems = try await backend.check().problems
        #expect(!problems.isEmpty && problems.allSatisfy { $0.contains("Thing/4") }, "\(problems)")
        try await backend.close()
      }
    }

    /// Makes a file as version 4 left it, with `count` entities.
    private func makeOld(_ path: String, _ count: Int64) async throws -> [Entity] {
      let backend = try SQLiteBackend(path: path)
      var generator = SeededGenerator(seed: 18)
      let entities = (1...count).map { Entity.thing($0, &generator) }
      _ = try await backend.commit(entities.map { .insert($0) })
      for index in Self.indexes { try await backend.createIndex(index) }
      try await backend.close()
      let queue = try DatabaseQueue(path: path)
      try await queue.write {
        try $0.execute(
          sql: """
            ALTER TABLE entry RENAME COLUMN target TO several;
            UPDATE entry SET several = several & 1;
            DROP TABLE history;
            DROP TABLE clock;
            ALTER TABLE entity DROP COLUMN updated;
            ALTER TABLE entity DROP COLUMN age;
            PRAGMA user_version = 4
            """)
      }
      try queue.close()
      return entities
    }

    @Test func `A file of version 4 is read as it is, and new rows have rowids`() async throws {
      let folder = try TemporaryFolder()
      var entities = try await makeOld(folder.file("store"), 100)
      let backend = try SQLiteBackend(path: folder.file("store"))
      let old = try await StoreAudit.hints(backend)
      #expect(old.right == 0 && old.others > 500)
      #expect(try await Self.read(backend).keySearches > 0)
      #expect(try await backend.check().problems == [])

      var generator = SeededGenerator(seed: 19)
      for id in Int64(101)...200 { entities.append(Entity.thing(id, &generator)) }
      // An old entity gets another value: the new row has the rowid, the others stay as they are.
      entities[9].properties["single"] = .indexed(99)
      _ = try await backend.commit(entities[100...].map { .insert($0) } + [.update(entities[9])])
      let both = try await StoreAudit.hints(backend)
      #expect(both.others == old.others - 1 && both.right > 500)
      let fresh = try SQLiteBackend.inMemory()
      _ = try await fresh.commit(entities.map { .insert($0) })
      for index in Self.indexes { try await fresh.createIndex(index) }
      let (expected, found) = (try await Self.read(fresh), try await Self.read(backend))
      #expect(found.replies == expected.replies)
      #expect(0 < found.keySearches && found.keySearches < found.looks)

      // An index created now has the rowids of all entities.
      let index = SQLiteBackend.Index(kind: "Thing", [QueryOrder("single"), QueryOrder("other")])
      try await backend.createIndex(index)
      #expect(try await StoreAudit.hints(backend).others == both.others)
      #expect(try await StoreAudit.verdict(backend) == .sound)
      try await fresh.close()
      try await backend.close()
    }

    @Test func `A target is read as it was written, and any number without a trap`() {
      for number in [0, 1, 7, 1 << 40, 1 << 61, -1, -(1 << 61)] as [Int64] {
        for flag in [false, true] {
          let target = EntryTarget(number, isMultiValued: flag)
          #expect(EntryTarget(stored: target.stored) == target)
        }
      }
      // Versions up to 4 wrote the flag alone.
      #expect(EntryTarget(stored: 0) == EntryTarget(0, isMultiValued: false))
      #expect(EntryTarget(stored: 1) == EntryTarget(0, isMultiValued: true))
      for number in [Int64.max, .min] {
        #expect(
          EntryTarget(stored: EntryTarget(number, isMultiValued: true).stored).isMultiValued)
        #expect(EntryTarget(number, isMultiValued: false).stored & 1 == 0)
      }
    }
  }
#endif

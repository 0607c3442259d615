// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import Foundation
  import GRDB
  import Testing

  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  @testable import DatastoreContractTests
  @testable import DatastoreSQLite

  /// How composite indexes are created, maintained and dropped.
  @Suite(.serialized) struct CompositeMaintenanceTests {
    private static let indexes: [SQLiteBackend.Index] = [
      .init(kind: "Thing", [QueryOrder("a"), QueryOrder("b")]),
      .init(
        kind: "Thing", [QueryOrder("c"), QueryOrder("b", .descending), QueryOrder("n.x")],
        includesAncestors: true),
      .init(kind: "Other", [QueryOrder("b", .descending), QueryOrder("a")]),
    ]

    /// The number of rows in composite indexes.
    private func rowCount(_ backend: SQLiteBackend) async throws -> Int {
      try await backend.database.read { connection in
        try CompositeIndexTable.all(connection).reduce(0) { count, index in
          try CompositeIndexBuilder.propertyIDs(ofIndex: index.id, connection).reduce(count) {
            count, number in
            count
              + (try Int.fetchOne(
                connection, sql: "SELECT count(*) FROM entry WHERE property = ?",
                arguments: [number]) ?? 0)
          }
        }
      }
    }

    private func mutations(
      _ random: inout RandomQueries, _ count: Int
    ) -> [Mutation] {
      var mutations: [Key: Mutation] = [:]
      for _ in 0..<count {
        let entity = random.entity()
        guard let key = entity.key else { continue }
        mutations[key] = random.chance(4) ? .delete(key) : .upsert(entity)
      }
      return Array(mutations.values)
    }

    @Test func `After random changes the index has exactly the rows of its entities`() async throws
    {
      for seed in 1...2 {
        var random = RandomQueries(seed: seed, namespace: "n")
        let backend = try SQLiteBackend.inMemory()
        _ = try await backend.commit(mutations(&random, 40))
        for index in Self.indexes { try await backend.createIndex(index) }
        for _ in 0..<20 { _ = try await backend.commit(mutations(&random, 20)) }
        #expect(try await rowCount(backend) > 20)
        #expect(try await StoreAudit.verdict(backend) == .sound)
        #expect(try await StoreAudit.hints(backend).others == 0)
        let report = try await backend.check()
        #expect(report.problems == [])
        for index in Self.indexes { try await backend.dropIndex(index) }
        #expect(try await StoreAudit.verdict(backend) == .sound)
        #expect(try await backend.indexes() == [])
        try await backend.close()
      }
    }

    @Test func `An index is built while others write, and used only when it is ready`() async throws
    {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      // This backend is open before there is an index, and sees the index in its next commit.
      let other = try SQLiteBackend(path: folder.file("store"))
      var random = RandomQueries(seed: 7, namespace: "n")
      _ = try await backend.commit(mutations(&random, 60))
      var request = QueryRequest(kind: "Thing", namespace: "n")
      request.filter = .property("a", .equal, 1)
      request.orders = [QueryOrder("b")]
      let query = try NormalizedQuery(request)
      var portions = 0
      let index = Self.indexes[0]
      try await backend.createIndex(index, portion: 7) {
        portions += 1
        let status = try await other.indexes()
        #expect(status == [.init(index: index, isReady: false)])
        let (before, cost) = try await other.run(query) { try $0.reply(query) }
        #expect(cost.composites == 0)
        _ = try await other.commit(mutations(&random, 10))
        let (reply, _) = try await backend.run(query) { try $0.reply(query) }
        #expect(before.more == reply.more)
        #expect(try await backend.check().problems == [])
      }
      #expect(portions > 4)
      #expect(try await other.indexes() == [.init(index: index, isReady: true)])
      let (reply, cost) = try await other.run(query) { try $0.reply(query) }
      #expect(cost.composites == 1)
      #expect(!reply.items.isEmpty)
      #expect(try await StoreAudit.verdict(backend) == .sound)
      _ = try await other.commit(mutations(&random, 30))
      #expect(try await StoreAudit.verdict(backend) == .sound)
      try await other.close()
      try await backend.close()
    }

    private struct Stop: Error {}

    @Test func `Interrupted building goes on, and creating an index finishes a drop`() async throws
    {
      let backend = try SQLiteBackend.inMemory()
      var random = RandomQueries(seed: 9, namespace: "n")
      _ = try await backend.commit(mutations(&random, 60))
      let index = Self.indexes[0]
      await #expect(throws: Stop.self) {
        try await backend.createIndex(index, portion: 10) { throw Stop() }
      }
      let half = try await rowCount(backend)
      _ = try await backend.commit(mutations(&random, 20))
      var portions = 0
      try await backend.createIndex(index, portion: 10) { portions += 1 }
      #expect(portions < 5)
      #expect(try await rowCount(backend) > half)
      #expect(try await StoreAudit.verdict(backend) == .sound)
      // This is what a process leaves that dies while it drops the index.
      try await backend.database.write {
        let found = try #require(try CompositeIndexTable.find(index, $0))
        try CompositeIndexTable.set(.dropping, of: found.id, $0)
      }
      _ = try await backend.commit(mutations(&random, 20))
      #expect(try await backend.check().problems == [])
      #expect(try await backend.indexes().map(\.isReady) == [false])
      try await backend.createIndex(index)
      #expect(try await StoreAudit.verdict(backend) == .sound)
      try await backend.close()
    }

    @Test func `An index of a process killed while building is completed by another`() async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let filling = try HelperProcess(path: path, prefix: "a", last: 40)
      #expect(filling.readToEnd().last == "closed")
      for round in 0..<6 {
        let building = try HelperProcess(path: path, prefix: "index", last: 1)
        #expect(building.readLine() == "open")
        let writing = try HelperProcess(path: path, prefix: "b\(round)", last: 4)
        for _ in 0...round where building.readLine() == "portion" {}
        building.stop()
        #expect(writing.readToEnd().last == "closed")
        let backend = try SQLiteBackend(path: path)
        #expect(try await backend.check().problems == [])
        try await backend.close()
      }
      let building = try HelperProcess(path: path, prefix: "index", last: 1)
      #expect(building.readToEnd().last == "built")
      let backend = try SQLiteBackend(path: path)
      #expect(try await backend.indexes().map(\.isReady) == [true])
      #expect(try await StoreAudit.verdict(backend) == .sound)
      #expect(try await rowCount(backend) == 40 * 50 + 6 * 4 * 50)
      try await backend.close()
    }

    @Test func `An entity with too many rows is refused with its key and the index`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let index = SQLiteBackend.Index(kind: "K", [QueryOrder("a"), QueryOrder("b", .descending)])
      func entity(_ id: Int64, _ count: Int64) -> Mutation {
        let numbers = Value.array((0..<count).map { .integer($0) })
        return .upsert(
          Entity(Key("K", id: id), ["a": .indexed(numbers), "b": .indexed(numbers)]))
      }
      try await backend.createIndex(index)
      _ = try await backend.commit([entity(1, 140)])
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.commit([entity(2, 3), entity(1, 142)])
      }
      #expect(error?.code == .invalidArgument && error?.key == Key("K", id: 1))
      #expect(error?.message.contains("K(a, b desc)") == true)
      #expect(try await rowCount(backend) == 140 * 140)
      // If the entity is stored first, the index cannot be created.
      try await backend.dropIndex(index)
      _ = try await backend.commit([entity(3, 3), entity(1, 142)])
      let refusal = await #expect(throws: DatastoreError.self) {
        try await backend.createIndex(index, portion: 1)
      }
      #expect(refusal?.code == .invalidArgument && refusal?.key == Key("K", id: 1))
      #expect(try await backend.indexes() == [])
      #expect(try await StoreAudit.verdict(backend) == .sound)
      try await backend.close()
    }

    /// 120 values in each of two arrays: 14,400 rows in an index over both.
    private static let wide: Entity = {
      let numbers = Value.array((0..<120).map { .integer($0) })
      return Entity(Key("K", id: 1), ["p": .indexed(numbers), "q": .indexed(numbers)])
    }()
    private static let wideIndexes: [SQLiteBackend.Index] = [
      .init(kind: "K", [QueryOrder("p"), QueryOrder("q")]),
      .init(kind: "K", [QueryOrder("q"), QueryOrder("p")]),
    ]

    @Test func `An index is refused if it and the others give an entity too many rows`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      let key = Key("K", id: 1)
      _ = try await backend.commit([.insert(Self.wide)])
      try await backend.createIndex(Self.wideIndexes[0])
      let refusal = await #expect(throws: DatastoreError.self) {
        try await backend.createIndex(Self.wideIndexes[1])
      }
      #expect(refusal?.code == .invalidArgument && refusal?.key == key)
      #expect(try await backend.indexes().map(\.index) == [Self.wideIndexes[0]])
      #expect(try await StoreAudit.verdict(backend) == .sound)
      // Rows in a dropped index do not count.
      try await backend.dropIndex(Self.wideIndexes[0])
      try await backend.createIndex(Self.wideIndexes[1])
      _ = try await backend.commit([.delete(key)])
      #expect(try await rowCount(backend) == 0)
      #expect(try await StoreAudit.verdict(backend) == .sound)
      try await backend.close()
    }

    @Test func `An entity with too many rows from older versions leaves none behind`() async throws
    {
      for mutation in [
        Mutation.delete(Key("K", id: 1)), .upsert(Entity(Key("K", id: 1), ["p": 1, "q": 2])),
      ] {
        let backend = try SQLiteBackend.inMemory()
        _ = try await backend.commit([.insert(Self.wide)])
        try await backend.createIndex(Self.wideIndexes[0])
        try await backend.database.write { [propertyIDs = backend.propertyIDs] connection in
          try CompositeIndexTable.add(Self.wideIndexes[1], connection)
          let index = try #require(try CompositeIndexTable.find(Self.wideIndexes[1], connection))
          var changes = IndexUpdate(PropertyPaths(), [index])
          var bytes = BlobWriter()
          KeyCodec.encode(Key("K", id: 1), into: &bytes)
          _ = try changes.insertComposites(
            of: Self.wide, at: EntityRow(key: Key("K", id: 1), keyBytes: bytes.bytes, id: 1),
            others: 0)
          let ids = try propertyIDs.findOrCreate(changes.paths.paths, connection)
          var rows = IndexRowWriter()
          changes.move(to: &rows, ids)
          try rows.write(connection)
          try CompositeIndexTable.set(.ready, of: index.id, connection)
        }
        #expect(try await rowCount(backend) == 28_800)
        #expect(try await backend.check().problems == [])
        _ = try await backend.commit([mutation])
        #expect(try await StoreAudit.verdict(backend) == .sound)
        #expect(try await backend.check().problems == [])
        try await backend.close()
      }
    }

    @Test func `Rewriting a damaged entity removes its rows from all indexes`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let index = SQLiteBackend.Index(kind: "K", [QueryOrder("a", .descending), QueryOrder("b")])
      try await backend.createIndex(index)
      let key = Key("K", id: 1)
      _ = try await backend.commit([.insert(Entity(key, ["a": ["x", "x\0"], "b": 1]))])
      try await backend.database.write {
        try $0.execute(sql: "UPDATE entity SET data = x'FFFF' WHERE id = 1")
      }
      _ = try await backend.commit([.upsert(Entity(key, ["a": 2, "b": 1]))])
      #expect(try await StoreAudit.verdict(backend) == .sound)
      try await backend.close()
    }

    @Test func `The check names the index of a missing row and of a surplus row`() async throws {
      let backend = try SQLiteBackend.inMemory()
      try await backend.createIndex(
        .init(kind: "K", [QueryOrder("a"), QueryOrder("b", .descending)]))
      _ = try await backend.commit([
        .insert(Entity(Key("K", id: 1), ["a": 1, "b": 2])),
        .insert(Entity(Key("K", id: 2), ["a": 1, "b": 3])),
      ])
      try await backend.database.write { connection in
        let number = try #require(
          try CompositeIndexBuilder.propertyIDs(ofIndex: 1, connection).first)
        try connection.execute(
          sql: """
            DELETE FROM entry WHERE property = ?1 AND position =
              (SELECT max(position) FROM entry WHERE property = ?1)
            """, arguments: [number])
      }
      let report = try await backend.check()
      #expect(report.problems.count == 1)
      #expect(report.problems[0].contains("a value of K(a, b desc) is missing in the index"))
      try await backend.database.write { connection in
        let number = try #require(
          try CompositeIndexBuilder.propertyIDs(ofIndex: 1, connection).first)
        let stored = try Row.fetchOne(
          connection, sql: "SELECT position FROM entry WHERE property = ?", arguments: [number])
        var position = try #require(stored?[0] as Data?)
        // This is another value of "a".
        position[8] ^= 1
        try connection.execute(
          sql: "INSERT INTO entry VALUES (?, ?, 0)", arguments: [number, position])
      }
      let problems = try await backend.check().problems
      #expect(
        problems.contains { $0.contains("gives Key(K/1) a value that it does not have") },
        "\(problems)")
      try await backend.close()
    }

    @Test func `The check computes the rows of a wide entity only a few times`() async throws {
      let backend = try SQLiteBackend.inMemory()
      _ = try await backend.commit([.insert(Self.wide), .insert(Entity(Key("K", id: 2), ["p": 1]))])
      try await backend.createIndex(Self.wideIndexes[0])
      try await backend.database.write { connection in
        let number = try #require(
          try CompositeIndexBuilder.propertyIDs(ofIndex: 1, connection).first)
        let stored = try Row.fetchOne(
          connection, sql: "SELECT position FROM entry WHERE property = ?", arguments: [number])
        var position = try #require(stored?[0] as Data?)
        // The value 0 becomes 1 << 32, which neither array has.
        position[4] ^= 1
        try connection.execute(
          sql: "INSERT INTO entry VALUES (?, ?, 1)", arguments: [number, position])
      }
      let problems = try await backend.check().problems
      #expect(problems == ["A row of the index gives Key(K/1) a value that it does not have"])
      try await backend.close()
    }

    @Test func `Definitions and rows of random bytes give errors and no traps`() async throws {
      let backend = try SQLiteBackend.inMemory()
      try await backend.createIndex(.init(kind: "K", [QueryOrder("a"), QueryOrder("b")]))
      let commit = [Mutation.upsert(Entity(Key("K", id: 1), ["a": 1, "b": 2]))]
      _ = try await backend.commit(commit)
      var generator = SeededGenerator(seed: 41)
      var failures = 0
      for _ in 0..<100 {
        let form = Data(
          (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
            [0, 1, 2, 3, 0x61, 0xFF].randomElement(using: &generator)! as UInt8
          })
        try await backend.database.write {
          try $0.execute(sql: "UPDATE composite SET form = ?", arguments: [form])
        }
        do {
          _ = try await backend.commit(commit)
        } catch let error as DatastoreError {
          #expect(error.code == .dataLoss)
          #expect(try await backend.check().problems.isEmpty == false)
          failures += 1
        }
      }
      #expect(failures > 30)
      for _ in 0..<10_000 {
        let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
          [0, 1, 8, 0x10, 0x20, 0x38, 0xC7, 0xDF, 0xEF, 0xF7, 0xFF].randomElement(
            using: &generator)! as UInt8
        }
        let length = bytes.withUnsafeBytes {
          try? CompositeIndex.length(of: $0, from: 0, inverted: [true, false, true])
        }
        if let length { #expect(3...bytes.count ~= length) }
      }
      try await backend.close()
    }

    @Test func `Indexes that break a rule are refused with what to do`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let a = QueryOrder("a")
      let cases: [(SQLiteBackend.Index, String)] = [
        (.init(kind: "K", [a]), "too few properties: at least 2"),
        (.init(kind: "K", [], includesAncestors: true), "too few properties: at least 1"),
        (.init(kind: "", [a, QueryOrder("b")]), "no usable kind"),
        (.init(kind: "K", [a, a]), "twice"),
        (.init(kind: "K", [a, QueryOrder("__key__")]), "Leave it out"),
        (.init(kind: "K", [a, QueryOrder("")]), "without a usable name"),
        (.init(kind: "K", (0...100).map { QueryOrder("p\($0)") }), "over 100 properties"),
      ]
      for (index, text) in cases {
        let error = await #expect(throws: DatastoreError.self) {
          try await backend.createIndex(index)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
      }
      let missing = await #expect(throws: DatastoreError.self) {
        try await backend.dropIndex(.init(kind: "K", [a, QueryOrder("b")]))
      }
      #expect(missing?.code == .notFound)
      // An index and its reverse are one index, so the reverse exists already.
      let index = SQLiteBackend.Index(kind: "K", [a, QueryOrder("b", .descending)])
      try await backend.createIndex(index)
      try await backend.createIndex(
        .init(kind: "K", [QueryOrder("a", .descending), QueryOrder("b")]))
      #expect(try await backend.indexes() == [.init(index: index, isReady: true)])
      for number in 1..<200 {
        try await backend.createIndex(.init(kind: "K\(number)", [a, QueryOrder("b")]))
      }
      let full = await #expect(throws: DatastoreError.self) {
        try await backend.createIndex(.init(kind: "Last", [a, QueryOrder("b")]))
      }
      #expect(full?.code == .resourceExhausted)
      try await backend.close()
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import DatastoreContractTests
  import Testing

  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  @testable import DatastoreSQLite

  /// The strategies of a query plan, which all find the same.
  @Suite struct QueryPlanTests {
    private static func store(_ strategy: QueryPlan.Strategy) throws -> SQLiteBackend {
      SQLiteBackend(
        try StoreFile.openInMemory(schema: .current), path: nil, strategy: strategy)
    }

    @Test(
      arguments: QueryPlan.Strategy.allCases,
      DatastoreContract.allQueryCases)
    func `The contract holds with each strategy`(
      _ strategy: QueryPlan.Strategy, _ contract: DatastoreContract.Case
    ) async throws {
      try await contract.run { try Self.store(strategy) }
    }

    @Test func `Gathering finds what following the order finds, from any cursor`() async throws {
      var generator = SeededGenerator(seed: 7)
      let entities = (1...400).map { Entity.thing($0, &generator) }
      var stores: [SQLiteBackend] = []
      for strategy in QueryPlan.Strategy.allCases {
        let store = try Self.store(strategy)
        _ = try await store.commit(entities.map { .insert($0) })
        stores.append(store)
      }
      let all = Query(kind: "Thing").where(Property("group") == 1)
      let rank = Property("rank")
      let requests: [QueryRequest] = [
        all.order(by: "rank").request, all.order(by: "rank", .descending).request,
        all.where(Property("other") == 2).order(by: "rank").request,
        all.where(rank > 5 && rank < 30).order(by: "rank", .descending).request,
        all.order(by: "rank").order(by: .key, .descending).request,
        all.where(Property("other") >= 3 && rank > 4).order(by: "rank")
          .order(by: "other", .descending).request,
        all.where(Property("other") == 2).request,
        all.where(Property("other") == 2).keysOnly().request,
        all.order(by: "rank").select("rank").request,
      ]
      for var request in requests {
        request.limit = 7
        while true {
          let expected = try await stores[0].query(request)
          for store in stores.dropFirst() {
            let found = try await store.query(request)
            let same = Fingerprint.of(found.withoutEnding) == Fingerprint.of(expected.withoutEnding)
            #expect(same, "\(request)")
          }
          guard expected.items.count == 7 else { break }
          request.startCursor = expected.endCursor
        }
      }
      for store in stores { try await store.close() }
    }

    @Test func `The values of a property read from stored bytes are those of the index`() throws {
      var random = RandomEntities(seed: 71)
      var found = 0
      for _ in 0..<500 {
        let entity = random.entity()
        var key = BlobWriter()
        KeyCodec.encode(try #require(entity.key), into: &key)
        var blob = BlobWriter()
        try EntityCodec.encode(entity, into: &blob, keyChecksum: key.checksum(from: 0))
        var expected: [[UInt8]: Set<[UInt8]>] = [:]
        entity.forEachIndexedValue { name, value in
          expected[Array(name.utf8), default: []].insert(IndexCodec.encode(value))
        }
        expected["not there".utf8.map { $0 }] = []
        for name in entity.properties.keys { expected[Array(name.utf8), default: []].formUnion([]) }
        for (name, values) in expected {
          #expect(Set(try read(name, blob.bytes, key.bytes)) == values)
          found += values.count
        }
      }
      #expect(found > 500)
    }

    @Test func `Names with dots and nested properties are told apart, and both found`() throws {
      let entity = Entity(
        nil,
        [
          "a": .indexed(.array([.entity(Entity(nil, ["b": 1])), .entity(Entity(nil, ["b": 2]))])),
          "a.b": 3, "ab": 4, "a.b.c": 5,
        ])
      var blob = BlobWriter()
      try EntityCodec.encode(entity, into: &blob)
      let values = Set(try read(Array("a.b".utf8), blob.bytes, nil))
      #expect(values == Set([1, 2, 3].map { IndexCodec.encode(.integer($0)) }))
    }

    @Test func `A stored entity with a changed byte gives no values`() throws {
      var blob = BlobWriter()
      try EntityCodec.encode(Entity(nil, ["a": 1, "b": "text"]), into: &blob, keyChecksum: 0)
      for index in blob.bytes.indices.dropFirst() {
        var bytes = blob.bytes
        bytes[index] ^= 1
        #expect(throws: CorruptBlob.self) { try read(Array("a".utf8), bytes, []) }
      }
    }

    @Test func `Bytes without a checksum give values or an error, whatever they are`() throws {
      var random = RandomEntities(seed: 72)
      var generator = SeededGenerator(seed: 73)
      var failures = 0
      for _ in 0..<300 {
        let entity = random.entity()
        var writer = BlobWriter()
        try EntityCodec.encode(entity, into: &writer)
        for _ in 0..<10 {
          var blob = writer.bytes
          for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: blob.indices, using: &generator)
            blob[index] = UInt8.random(in: 0...255, using: &generator)
          }
          let name = entity.properties.keys.first ?? "a"
          do { _ = try read(Array(name.utf8), blob, nil) } catch is CorruptBlob { failures += 1 }
        }
      }
      #expect(failures > 100)
    }

    private func read(_ name: [UInt8], _ blob: [UInt8], _ key: [UInt8]?) throws -> [[UInt8]] {
      var values: [[UInt8]] = []
      try name.withUnsafeBytes { name in
        try blob.withUnsafeBytes { blob in
          try (key ?? []).withUnsafeBytes { bytes in
            try EntityCodec.appendIndexedValues(
              of: name, in: blob, key: key == nil ? nil : bytes, to: &values)
          }
        }
      }
      return values
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreModel
  import DatastoreProtos
  import DatastoreSQLite
  import NIOCore
  import SwiftProtobuf
  import Testing

  @testable import DatastoreServer

  /// What requests mean by the API's documentation, and which of them it forbids.
  @Suite struct RequestMeaningTests {
    private static let key = #"{"path": [{"kind": "A", "id": "1"}]}"#

    private static func commit(
      _ mutations: String, _ mode: String = #""mode": "NON_TRANSACTIONAL""#
    ) -> String {
      #"{\#(mode), "mutations": [\#(mutations)]}"#
    }

    private static func upsert(_ properties: String, _ key: String = key) -> String {
      commit(#"{"upsert": {"key": \#(key), "properties": {\#(properties)}}}"#)
    }

    private func expect(
      _ server: RunningServer, _ call: String, _ body: String, _ status: Int = 400,
      _ parts: String...
    ) async throws {
      let reply = try await server.http("/v1/projects/p:\(call)", body: body)
      #expect(reply.status == status, "\(call) \(body.prefix(300)): \(reply.body.prefix(500))")
      for part in parts { #expect(reply.body.contains(part), "\(body.prefix(300)): \(reply.body)") }
    }

    @Test func `A key in GQL is of its project and its namespace`() async throws {
      try await withServer { server in
        let stored = #"{"partitionId": {"namespaceId": "n"}, "path": [{"kind": "A", "id": "1"}]}"#
        try await expect(server, "commit", Self.upsert("", stored), 200)
        func query(_ key: String) -> String {
          let text = "SELECT * FROM A WHERE __key__ = KEY(\(key))"
          return """
            {"partitionId": {"namespaceId": "n"},
            "gqlQuery": {"queryString": "\(text)", "allowLiterals": true}}
            """
        }
        for key in ["PROJECT('p'), NAMESPACE('n'), A, 1", "PROJECT('p'), A, 1", "A, 1"] {
          try await expect(server, "runQuery", query(key), 200, "entityResults")
        }
        for key in ["PROJECT('q'), A, 1", "PROJECT('q'), NAMESPACE('n'), A, 1"] {
          try await expect(
            server, "runQuery", query(key), 400, "INVALID_ARGUMENT", "belongs to project")
        }
      }
    }

    @Test func `A base version is not negative`() async throws {
      try await withServer { server in
        let change = #""upsert": {"key": \#(Self.key)}, "baseVersion": "-1""#
        try await expect(
          server, "commit", Self.commit("{\(change)}"), 400, "INVALID_ARGUMENT", "base version")
      }
    }

    @Test(arguments: [
      #""projectId": "other""#, #""databaseId": "other""#,
      #""projectId": "p", "databaseId": "other""#, #""projectId": "q", "databaseId": "named""#,
    ])
    func `A key of another project or database is refused everywhere`(
      partition: String
    ) async throws {
      let path = #""partitionId": {\#(partition)}, "path": [{"kind": "A""#
      let complete = #"{\#(path), "id": "1"}]}"#
      let filter = """
        {"propertyFilter": {"property": {"name": "__key__"}, "op": "HAS_ANCESTOR",
        "value": {"keyValue": \(complete)}}}
        """
      let query = #"{"kind": [{"name": "A"}], "filter": \#(filter)}"#
      try await withServer { server in
        for (call, body) in [
          ("lookup", #"{"keys": [\#(complete)]}"#), ("commit", Self.upsert("", complete)),
          ("commit", Self.commit(#"{"delete": \#(complete)}"#)),
          ("commit", Self.upsert(#""k": {"keyValue": \#(complete)}"#)),
          ("allocateIds", #"{"keys": [{\#(path)}]}]}"#),
          ("reserveIds", #"{"keys": [\#(complete)]}"#),
          ("runQuery", #"{"query": \#(query)}"#),
          ("runQuery", #"{"partitionId": {\#(partition)}, "query": {"kind": [{"name": "A"}]}}"#),
          (
            "runAggregationQuery",
            #"{"aggregationQuery": {"nestedQuery": \#(query), "aggregations": [{"count": {}}]}}"#
          ),
        ] {
          try await expect(server, call, body, 400, "INVALID_ARGUMENT")
        }
        // Nothing of it was written.
        try await expect(server, "lookup", #"{"keys": [\#(Self.key)]}"#, 200, "missing")
      }
    }

    @Test func `A key without a project is of the request's database`() async throws {
      try await withServer { server in
        for partition in ["{}", #"{"databaseId": "named"}"#] {
          let key = #"{"partitionId": \#(partition), "path": [{"kind": "A", "id": "1"}]}"#
          try await expect(
            server, "lookup", #"{"databaseId": "named", "keys": [\#(key)]}"#, 200, "missing")
        }
      }
    }

    @Test func `Marks of an array that would be lost are refused`() async throws {
      func array(_ marks: [Bool]) -> String {
        let values = marks.map { #"{"integerValue": "1", "excludeFromIndexes": \#($0)}"# }
        return #""arrayValue": {"values": [\#(values.joined(separator: ", "))]}"#
      }
      try await withServer { server in
        for marks in [[false, false], [true, true], []] {
          try await expect(server, "commit", Self.upsert(#""a": {\#(array(marks))}"#), 200)
        }
        try await expect(
          server, "commit", Self.upsert(#""a": {\#(array([true, false]))}"#), 400, "property", "all"
        )
        try await expect(
          server, "commit", Self.upsert(#""a": {\#(array([true])), "excludeFromIndexes": true}"#),
          400, "exclude_from_indexes cannot be set on an array")
        try await expect(
          server, "commit",
          Self.upsert(
            #""e": {"entityValue": {"properties": {"a": {\#(array([true, false]))}}}}"#), 400, "e.a"
        )
      }
    }

    @Test func `A commit without a mode is transactional`() async throws {
      let delete = #"{"delete": \#(Self.key)}"#
      try await withServer { server in
        try await expect(
          server, "commit", #"{"mutations": [\#(delete)]}"#, 400, "mode TRANSACTIONAL",
          "single_use_transaction")
        let single = #""singleUseTransaction": {"readWrite": {}}"#
        try await expect(server, "commit", Self.commit(delete, single), 200, "commitTime")
        try await expect(
          server, "commit", Self.commit(delete, #""singleUseTransaction": {"readOnly": {}}"#), 400,
          "read-only")
        try await expect(
          server, "commit", Self.commit(delete, #"\#(single), "mode": "NON_TRANSACTIONAL""#), 400,
          "has no transaction")
        try await expect(server, "commit", Self.commit("\(delete), \(delete)"), 400)
        try await expect(server, "commit", Self.commit("\(delete), \(delete)", single), 200)
      }
    }

    @Test func `A missing entity has the version of the state, and a batch has it too`()
      async throws
    {
      try await withServer { server in
        let committed = try await server.http("/v1/projects/p:commit", body: Self.upsert(""))
        let version = try Wire.CommitResponse(jsonString: committed.body).mutationResults[0].version
        let missing = #"{"keys": [{"path": [{"kind": "A", "id": "2"}]}]}"#
        let reply = try await server.http("/v1/projects/p:lookup", body: missing)
        let lookup = try Wire.LookupResponse(jsonString: reply.body)
        #expect(lookup.missing.count == 1)
        #expect(lookup.missing.allSatisfy { $0.version >= version })
        #expect(lookup.hasReadTime)
        let found = try await server.http(
          "/v1/projects/p:runQuery", body: #"{"query": {"kind": [{"name": "A"}]}}"#)
        let batch = try Wire.RunQueryResponse(jsonString: found.body).batch
        #expect(batch.snapshotVersion >= version)
        #expect(batch.hasReadTime)
      }
    }

    @Test func `Any number of IDs is allocated and reserved at once`() async throws {
      func keys(_ step: (Int) -> String) -> String {
        let keys = (1...1_201).map { "{\"path\": [{\"kind\": \"A\"\(step($0))}]}" }
        return "{\"keys\": [\(keys.joined(separator: ", "))]}"
      }
      try await withServer { server in
        let reply = try await server.http("/v1/projects/p:allocateIds", body: keys { _ in "" })
        let allocated = try Wire.AllocateIdsResponse(jsonString: reply.body).keys
        #expect(Set(allocated.map { $0.path[0].id }).count == 1_201)
        try await expect(server, "reserveIds", keys { ", \"id\": \"\($0)\"" }, 200)
        try await expect(server, "reserveIds", keys { _ in "" }, 400, "INVALID_ARGUMENT")
        try await expect(server, "allocateIds", keys { ", \"id\": \"\($0)\"" }, 400)
      }
    }

    @Test func `A query of an empty kind is refused`() async throws {
      try await withServer { server in
        try await expect(
          server, "runQuery", #"{"query": {"kind": [{"name": ""}]}}"#, 400, "kind")
        try await expect(server, "runQuery", #"{"query": {}}"#, 200)
      }
    }

    /// The commit of an entity with one property.
    private static func upsert(_ name: String, _ value: Wire.Value) -> Wire.CommitRequest {
      var mutation = Wire.Mutation()
      mutation.upsert.key.path = [
        .with {
          $0.kind = "A"
          $0.id = 1
        }
      ]
      mutation.upsert.properties[name] = value
      return .with {
        $0.mode = .nonTransactional
        $0.mutations = [mutation]
      }
    }

    @Test(arguments: [APIForm.json, .protobuf])
    func `Arrays of entities nest as deep as entities alone`(form: APIForm) async throws {
      var value = Wire.Value.with { $0.integerValue = 1 }
      for _ in 0..<20 {
        let inner = value
        value = .with {
          $0.arrayValue.values = [.with { $0.entityValue.properties["a"] = inner }]
        }
      }
      let request = Self.upsert("a", value)
      let bytes: [UInt8] =
        try form == .json ? request.jsonUTF8Bytes() : request.serializedBytes()
      try await withServer { server in
        let reply = try await server.http(
          "/v1/projects/p:commit", type: form.contentType, bytes: bytes
        ) { String(decoding: $0.readableBytesView, as: UTF8.self) }
        #expect(reply.status == 200, "\(reply.body)")
        let read = try await server.http(
          "/v1/projects/p:lookup", body: "{\"keys\": [\(Self.key)]}")
        #expect(read.body.contains("found"))
      }
    }

    @Test func `A commit says how many index entries it has changed`() async throws {
      try await withServer { server in
        let properties = #""a": {"integerValue": "1"}, "b": {"stringValue": "x"}"#
        for (properties, count) in [(properties, 3), (properties, 0), ("", 2)] {
          let reply = try await server.http("/v1/projects/p:commit", body: Self.upsert(properties))
          #expect(try Wire.CommitResponse(jsonString: reply.body).indexUpdates == count)
        }
      }
    }

    @Test(arguments: [
      #"{"seconds": 1, "nanos": -1}"#, #"{"seconds": 1, "nanos": 1000000000}"#,
      #"{"seconds": 253402300800}"#, #"{"seconds": -62135596801}"#,
    ])
    func `A time that no timestamp has is refused`(time: String) async throws {
      // JSON has no such times, so the request is protobuf.
      var value = Wire.Value()
      value.timestampValue = .with {
        let numbers = time.split { !"-0123456789".contains($0) }.compactMap { Int64($0) }
        $0.seconds = numbers[0]
        if numbers.count > 1 { $0.nanos = Int32(numbers[1]) }
      }
      let request = Self.upsert("t", value)
      try await withServer { server in
        let reply = try await server.http(
          "/v1/projects/p:commit", type: "application/x-protobuf",
          bytes: try request.serializedBytes()
        ) { String(decoding: $0.readableBytesView, as: UTF8.self) }
        #expect(reply.status == 400)
        #expect(reply.body.contains("timestamp"), "\(reply.body)")
      }
    }

    @Test func `Values without a name are numbered alone, and names are those of properties`()
      async throws
    {
      func aggregations(_ list: String) -> String {
        """
        {"aggregationQuery": {"nestedQuery": {"kind": [{"name": "A"}]},
        "aggregations": [\(list)]}}
        """
      }
      try await withServer { server in
        try await expect(
          server, "runAggregationQuery",
          aggregations(#"{"count": {}, "alias": "n"}, {"count": {"upTo": "0"}}, {"count": {}}"#),
          200, "\"n\"", "\"property_1\"", "\"property_2\"")
        for alias in ["__n__", String(repeating: "n", count: 1_501)] {
          try await expect(
            server, "runAggregationQuery", aggregations(#"{"count": {}, "alias": "\#(alias)"}"#),
            400, "alias")
        }
        let gql = #"{"gqlQuery": {"queryString": "SELECT COUNT(*) AS n FROM A"}}"#
        try await expect(server, "runAggregationQuery", gql, 200, "\"alias\":\"n\"", "\"n\":")
      }
    }

    @Test func `A query without allow_literals has bindings alone`() async throws {
      func gql(_ text: String, _ rest: String) -> String {
        #"{"gqlQuery": {"queryString": "\#(text)"\#(rest)}}"#
      }
      try await withServer { server in
        let literal = "SELECT * FROM A WHERE a = 1"
        try await expect(server, "runQuery", gql(literal, ""), 400, "literals")
        try await expect(server, "runQuery", gql(literal, #", "allowLiterals": true"#), 200)
        let bound = "SELECT * FROM A WHERE a = @1"
        let value = #"{"value": {"integerValue": "1"}}"#
        try await expect(
          server, "runQuery", gql(bound, #", "positionalBindings": [\#(value)]"#), 200)
        try await expect(
          server, "runQuery", gql(bound, #", "positionalBindings": [\#(value), \#(value)]"#), 400)
        try await expect(
          server, "runQuery", gql(bound, #", "namedBindings": {"__a__": \#(value)}"#), 400)
      }
    }

    @Test func `Statistics are unimplemented, and unknown paths get JSON with a hint`()
      async throws
    {
      try await withServer { server in
        for kind in ["__Stat_Total__", "__Stat_Ns_Kind__"] {
          try await expect(
            server, "runQuery", #"{"query": {"kind": [{"name": "\#(kind)"}]}}"#, 501,
            "UNIMPLEMENTED", kind)
        }
        let compressed = try await server.http(
          "/v1/projects/p:lookup", headers: [("Content-Encoding", "gzip")], body: "x")
        #expect(compressed.status == 415 && compressed.body.contains("gzip"))
        for path in ["/nothing", "/v1beta3/projects/p:lookup", "/v1/projects/p"] {
          let reply = try await server.http(path)
          #expect(reply.status == 404)
          #expect(reply.body.contains("NOT_FOUND") && reply.body.contains("/v1/projects/PROJECT"))
        }
      }
    }

    @Test func `A sentence about a long name is short enough for a header`() async throws {
      let long = String(repeating: "ü", count: 500_000)
      try await withServer { server in
        for (call, body) in [
          ("commit", Self.upsert(#""\#(long)": {"nullValue": null}"#)),
          ("commit", Self.upsert("", #"{"path": [{"kind": "\#(long)", "id": "1"}]}"#)),
          ("lookup", #"{"keys": [{"path": [{"kind": "A", "name": "\#(long)"}]}]}"#),
          ("lookup", #"{"databaseId": "\#(long)"}"#), ("lookup", #"{"\#(long)": 1}"#),
          ("runQuery", #"{"gqlQuery": {"queryString": "SELECT '\#(long)'"}}"#),
          ("runQuery", #"{"partitionId": {"namespaceId": "\#(long)"}, "query": {}}"#),
          ("runQuery", #"{"query": {"order": [{"property": {"name": "\#(long)"}}]}}"#),
          (String(long.prefix(5_000)), "{}"),
        ] {
          let reply = try await server.http("/v1/projects/p:\(call)", body: body)
          #expect(reply.status >= 400)
          #expect(reply.body.utf8.count < 2_500, "\(call.prefix(50)) \(body.prefix(60))")
        }
      }
    }

    @Test func `Replies stay below 4 MiB with large entities, keys and cursors`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let text = Entity.Property.unindexed(.string(String(repeating: "x", count: 1_000_000)))
      let large = (1...6).map { Key("Large", id: $0) }
      for key in large { _ = try await backend.commit([.upsert(Entity(key, ["t": text]))]) }
      let name = String(repeating: "n", count: 1_400)
      let parents = (0..<3).map { Key.PathElement(kind: "K\($0)", identifier: .name(name)) }
      let values = (0..<5).map { ("p\($0)", Entity.Property(.string(name))) }
      let wide = try (1...300).map { number in
        Entity(
          try Key(path: parents + [Key.PathElement(kind: "Wide", identifier: .id(number))]),
          Entity.Properties(values))
      }
      for entity in wide { _ = try await backend.commit([.upsert(entity)]) }
      let format = WireFormat(project: "p", database: "", sender: .client)
      let missing = (1...400).map { Key("Missing", name: "\(name)\($0)") }
      var lookup = Wire.LookupRequest()
      lookup.keys = format.encode(large + missing)
      var query = QueryRequest(kind: "Wide")
      query.orders = values.map { QueryOrder($0.0) }
      query.projection = ["__key__"]
      var run = Wire.RunQueryRequest()
      run.query = try format.encode(query)
      let limit = 4 * 1_024 * 1_024
      try await withServer(.init(), OpenedDatabases { _ in backend }) { server in
        var open = Set(large)
        while !open.isEmpty {
          let reply = try await server.http(
            "/v1/projects/p:lookup", type: "application/x-protobuf",
            bytes: try lookup.serializedBytes()
          ) { bytes in
            #expect(bytes.readableBytes <= limit)
            return try Wire.LookupResponse(serializedBytes: Array(bytes.readableBytesView))
          }
          try #require(!reply.body.found.isEmpty)
          for result in reply.body.found { open.remove(try format.decode(result.entity.key)) }
          lookup.keys = reply.body.deferred
        }
        var count = 0
        while true {
          let reply = try await server.http(
            "/v1/projects/p:runQuery", type: "application/x-protobuf",
            bytes: try run.serializedBytes()
          ) { bytes in
            #expect(bytes.readableBytes <= limit)
            return try Wire.RunQueryResponse(serializedBytes: Array(bytes.readableBytesView))
          }
          let batch = reply.body.batch
          try #require(!batch.entityResults.isEmpty)
          count += batch.entityResults.count
          guard batch.moreResults == .notFinished else { break }
          run.query.startCursor = batch.endCursor
        }
        #expect(count == 300)
      }
    }
  }
#endif

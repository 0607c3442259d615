// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreEngine
  import DatastoreModel
  import DatastoreServer
  import DatastoreSQLite
  import Testing

  /// What is refused, and with which sentence.
  @Suite struct RefusalTests {
    private static let keys = #""keys": [{"path": [{"kind": "A", "id": "1"}]}]"#

    @Test(arguments: [
      (#"{"databaseId": "Bad_DB!", \#(keys)}"#, "Bad_DB!"),
      (#"{"databaseId": "abc", \#(keys)}"#, "abc"),
      (#"{"databaseId": "9abc", \#(keys)}"#, "9abc"),
      (
        #"""
        {"keys": [{"partitionId": {"namespaceId": "bad ns!"},
        "path": [{"kind": "A", "id": "1"}]}]}
        """#, "bad ns!"
      ),
    ])
    func `An invalid name of a database or a namespace is refused and named`(
      body: String, name: String
    ) async throws {
      try await withServer { server in
        try await expectRefusal(server, "/v1/projects/p:lookup", body, naming: name)
      }
    }

    @Test(arguments: [("Bad%20Project", "Bad Project"), (".hidden", ".hidden")])
    func `An invalid name of a project is refused and named`(
      path: String, name: String
    ) async throws {
      try await withServer { server in
        try await expectRefusal(
          server, "/v1/projects/\(path):lookup", "{\(Self.keys)}", naming: name)
      }
    }

    @Test func `A query in an invalid namespace is refused and the namespace is named`()
      async throws
    {
      try await withServer { server in
        let query =
          #"{"partitionId": {"namespaceId": "bad ns!"}, "query": {"kind": [{"name": "A"}]}}"#
        try await expectRefusal(server, "/v1/projects/p:runQuery", query, naming: "bad ns!")
      }
    }

    @Test(arguments: [
      (#""kind": "A", "id": "0""#, "a", #""integerValue": "1""#, "is 0"),
      (#""kind": "", "id": "1""#, "a", #""integerValue": "1""#, "kind is empty"),
      (#""kind": "A", "id": "1""#, "", #""integerValue": "1""#, "name is empty"),
      (#""kind": "A", "id": "1""#, "__bad__", #""integerValue": "1""#, "reserved"),
      (
        #""kind": "A", "id": "1""#, "a",
        #""arrayValue": {"values": [{"arrayValue": {"values": [{"integerValue": "1"}]}}]}"#,
        "directly inside an array"
      ),
    ])
    func `An entity that cannot be stored is refused with the reason`(
      step: String, property: String, value: String, reason: String
    ) async throws {
      try await withServer { server in
        let commit = """
          {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {"key": {"path": [{\(step)}]},
          "properties": {"\(property)": {\(value)}}}}]}
          """
        try await expectRefusal(server, "/v1/projects/p:commit", commit, naming: reason)
      }
    }

    @Test func `A field that the API does not have is named in a sentence`() async throws {
      try await withServer { server in
        try await expectRefusal(
          server, "/v1/projects/p:lookup", #"{"strinValue": 1}"#,
          naming: #"strinValue: the API has no field \"strinValue\" at that place."#)
      }
    }

    @Test(arguments: ["/v1/projects/p:export", "/v1/projects/p/operations", "/datastore/v1/x"])
    func `An unknown method gets an error in JSON`(path: String) async throws {
      try await withServer { server in
        let response = try await server.http(path, body: "{}")
        #expect(response.status == 404)
        #expect(response.body.contains(#""status": "NOT_FOUND""#), "\(response.body)")
        #expect(response.body.contains("runAggregationQuery"), "\(response.body)")
      }
    }

    @Test func `A write that meets a lock says so`() async throws {
      let databases = OpenedDatabases { _ in PessimisticBackend(try SQLiteBackend.inMemory()) }
      try await withServer(.init(), databases) { server in
        let holder = #"{"readOptions": {"newTransaction": {"readWrite": {}}}, \#(Self.keys)}"#
        let held = try await server.http("/v1/projects/p:lookup", body: holder)
        #expect(held.status == 200, "\(held.body)")
        let write = #"""
          {"mode": "NON_TRANSACTIONAL",
          "mutations": [{"delete": {"path": [{"kind": "A", "id": "1"}]}}]}
          """#
        let refused = try await server.http("/v1/projects/p:commit", body: write)
        #expect(refused.status == 409 && refused.body.contains("ABORTED"))
        #expect(refused.body.contains("has locked the same entities"), "\(refused.body)")
      }
    }

    @Test func `A server whose port is in use says so`() async throws {
      try await withServer { server in
        let port = server.address.port
        let second = try DatastoreServer(
          backend: try SQLiteBackend.inMemory(),
          configuration: .init(host: server.address.host, port: port))
        let error = await #expect(throws: DatastoreError.self) { try await second.run() }
        #expect(error?.message == "Port \(port) is in use. Choose another port.")
      }
    }

    private func expectRefusal(
      _ server: RunningServer, _ path: String, _ body: String, naming part: String
    ) async throws {
      let response = try await server.http(path, body: body)
      #expect(response.status == 400, "\(response.body)")
      #expect(response.body.contains("INVALID_ARGUMENT"), "\(response.body)")
      #expect(response.body.contains(part), "\(response.body)")
    }
  }
#endif

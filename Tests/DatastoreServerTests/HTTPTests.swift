// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreCloud
  import DatastoreEngine
  import DatastoreModel
  import DatastoreProtos
  import DatastoreSQLite
  import NIOCore
  import SwiftProtobuf
  import Testing

  @testable import DatastoreServer

  @Suite struct HTTPTests {
    private static let upsert = """
      {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {
        "key": {"path": [{"kind": "Task", "name": "a"}]},
        "properties": {"done": {"booleanValue": false}, "hours": {"integerValue": "3"}}}}]}
      """
    private static let lookup = """
      {"keys": [{"path": [{"kind": "Task", "name": "a"}]}]}
      """

    @Test(arguments: ["/reset", "/shutdown"])
    func `A command that is not sent with POST does nothing and says how`(
      path: String
    ) async throws {
      try await withServer { server in
        let reply = try await server.http(path, method: "GET", type: nil)
        #expect(reply == (405, "Send the request to \(path) with POST.\n"))
        #expect(try await server.http("/", method: "GET").status == 200)
      }
    }

    @Test func `A running server answers Ok`() async throws {
      try await withServer { server in
        let got = try await server.http("/", method: "GET")
        #expect(got == (200, "Ok\n"))
        let head = try await server.http("/", method: "HEAD")
        #expect(head == (200, ""))
      }
    }

    @Test func `An entity makes a round trip in JSON`() async throws {
      try await withServer { server in
        let written = try await server.http("/v1/projects/p:commit", body: Self.upsert)
        #expect(written.status == 200, "\(written.body)")
        let read = try await server.http("/v1/projects/p:lookup", body: Self.lookup)
        #expect(read.status == 200)
        let reply = try Wire.LookupResponse(jsonString: read.body)
        let entity = try #require(reply.found.first?.entity)
        #expect(entity.key.partitionID.projectID == "p")
        #expect(entity.properties["hours"]?.integerValue == 3)
      }
    }

    @Test func `Keys and values over the limits are refused`() async throws {
      let long = String(repeating: "x", count: 1_501)
      func upsert(_ step: String, _ value: String = #""integerValue": "1""#) -> String {
        """
        {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {"key": {"path": [{\(step)}]},
        "properties": {"a": {\(value)}}}}]}
        """
      }
      let requests = [
        ("commit", upsert(#""kind": "A", "name": "\#(long)""#)),
        ("commit", upsert(#""kind": "__A__", "id": "1""#)),
        ("commit", upsert(#""kind": "A", "name": "__a__""#)),
        ("commit", upsert(#""kind": "A", "id": "1""#, #""stringValue": "\#(long)""#)),
        (
          "commit",
          """
          {"mode": "NON_TRANSACTIONAL",
          "mutations": [{"delete": {"path": [{"kind": "__A__", "id": "1"}]}}]}
          """
        ),
        ("lookup", #"{"keys": [{"path": [{"kind": "A", "name": "\#(long)"}]}]}"#),
        ("allocateIds", #"{"keys": [{"path": [{"kind": "__A__"}]}]}"#),
        ("reserveIds", #"{"keys": [{"path": [{"kind": "\#(long)", "id": "1"}]}]}"#),
      ]
      try await withServer { server in
        for (method, body) in requests {
          let reply = try await server.http("/v1/projects/p:\(method)", body: body)
          #expect(reply.status == 400, "\(method) \(body.prefix(200)): \(reply.body)")
          #expect(reply.body.contains("INVALID_ARGUMENT"))
        }
      }
    }

    @Test func `A mutation of a stale version is told why it fails`() async throws {
      try await withServer { server in
        _ = try await server.http("/v1/projects/p:commit", body: Self.upsert)
        let stale = Self.upsert.replacing(
          "\"upsert\"",
          with: "\"baseVersion\": \"1\", \"conflictResolutionStrategy\": \"FAIL\", \"update\"")
        let reply = try await server.http("/v1/projects/p:commit", body: stale)
        #expect(reply.status == 400)
        #expect(reply.body.contains("FAILED_PRECONDITION"))
        #expect(reply.body.contains("changed since the version"), "\(reply.body)")
      }
    }

    @Test func `An entity makes a round trip in protobuf over HTTP`() async throws {
      try await withServer { server in
        _ = try await server.http("/v1/projects/p:commit", body: Self.upsert)
        let request = try Wire.LookupRequest(jsonString: Self.lookup)
        let read = try await server.http(
          "/datastore/v1/projects/p:lookup", type: "application/x-protobuf",
          bytes: try request.serializedBytes()
        ) { try Wire.LookupResponse(serializedBytes: Array($0.readableBytesView)) }
        #expect(read.status == 200)
        #expect(read.body.found.first?.entity.properties["done"]?.booleanValue == false)
      }
    }

    @Test(arguments: [
      (#"{"keys": [{"path": [{"kind": ""#, 400, "INVALID_ARGUMENT"),
      (#"{"keys": [{"path": [{"kind": "Task"}]}]}"#, 400, "INVALID_ARGUMENT"),
      (#"{"noSuchField": 1}"#, 400, "INVALID_ARGUMENT"),
      (#"{"databaseId": "(default)"}"#, 400, "INVALID_ARGUMENT"),
      (#"{"readOptions": {"transaction": "eHh4"}, "keys": []}"#, 400, "INVALID_ARGUMENT"),
    ])
    func `A refused request says why in JSON`(
      body: String, status: Int, code: String
    ) async throws {
      try await withServer { server in
        let response = try await server.http("/v1/projects/p:lookup", body: body)
        #expect(response.status == status)
        #expect(response.body.contains("\"status\": \"\(code)\""), "\(response.body)")
      }
    }

    @Test func `An insert of an existing entity is a conflict`() async throws {
      try await withServer { server in
        let insert = Self.upsert.replacing("upsert", with: "insert")
        #expect(try await server.http("/v1/projects/p:commit", body: insert).status == 200)
        let second = try await server.http("/v1/projects/p:commit", body: insert)
        #expect(second.status == 409)
        #expect(second.body.contains("ALREADY_EXISTS"))
      }
    }

    @Test func `A reset removes everything`() async throws {
      try await withServer { server in
        _ = try await server.http("/v1/projects/p:commit", body: Self.upsert)
        #expect(try await server.http("/reset").status == 200)
        let read = try await server.http("/v1/projects/p:lookup", body: Self.lookup)
        #expect(read.body.contains("missing"))
      }
    }

    @Test func `A reset of one backend empties all namespaces`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let keys = ["", "a", "b"].map { Key("Task", id: 1, namespace: $0) }
      _ = try await backend.commit(keys.map { .upsert(Entity($0)) })
      let single = SingleStore(backend)
      try await single.reset()
      #expect(try await backend.lookup(keys).found.isEmpty)
      try await single.close()
    }

    @Test func `Named databases of one store are apart and are reset together`() async throws {
      let file = try SQLiteBackend.inMemory()
      let store = SingleStore(
        file, open: { PessimisticBackend(try file.database($0)) }, names: file.databaseNames)
      try await withServer(.init(), store) { server in
        let named = Self.upsert.replacing("{\"mode\"", with: #"{"databaseId": "other", "mode""#)
        #expect(try await server.http("/v1/projects/p:commit", body: named).status == 200)
        let elsewhere = try await server.http("/v1/projects/p:lookup", body: Self.lookup)
        #expect(elsewhere.body.contains("missing"))
        let lookup = Self.lookup.replacing("{\"keys\"", with: #"{"databaseId": "other", "keys""#)
        let found = try await server.http("/v1/projects/q:lookup", body: lookup)
        #expect(found.body.contains("found"))
        #expect(try await store.databases().map(\.database) == ["", "other"])
        #expect(try await server.http("/reset").status == 200)
        let after = try await server.http("/v1/projects/q:lookup", body: lookup)
        #expect(after.body.contains("missing"))
      }
    }

    @Test func `A database of a store has one backend with its locks`() async throws {
      let file = try SQLiteBackend.inMemory()
      let store = SingleStore(file) { PessimisticBackend(try file.database($0)) }
      let name = DatabaseName(project: "p", database: "other")
      let first = try store.backend(of: name) as? PessimisticBackend
      let second = try store.backend(of: name) as? PessimisticBackend
      #expect(first != nil)
      #expect(first === second)
      #expect(throws: DatastoreError.self) {
        try store.backend(of: DatabaseName(project: "p", database: "No Name"))
      }
      try await store.close()
    }

    @Test func `A shutdown that is asked for ends the server`() async throws {
      try await withServer { server in
        let answer = try await server.http("/shutdown")
        #expect(answer.status == 200)
      }
    }

    @Test(arguments: [
      [("Origin", "https://example.com")],
      [("Sec-Fetch-Site", "cross-site")],
      [("Host", "rebound.example.com"), ("Origin", "http://rebound.example.com")],
    ])
    func `A page of another site is refused`(_ headers: [(String, String)]) async throws {
      try await withServer { server in
        for path in ["/reset", "/shutdown", "/v1/projects/p:commit"] {
          let response = try await server.http(path, headers: headers, body: Self.upsert)
          #expect(response.status == 403)
        }
        let read = try await server.http("/v1/projects/p:lookup", body: Self.lookup)
        #expect(read.body.contains("missing"))
      }
    }

    @Test func `A server with a token refuses requests without it`() async throws {
      try await withServer(.init(token: "secret")) { server in
        let refused = try await server.http("/v1/projects/p:lookup", body: Self.lookup)
        #expect(refused.status == 401)
        #expect(try await server.http("/reset").status == 401)
        let admitted = try await server.http(
          "/v1/projects/p:lookup", headers: [("Authorization", "Bearer secret")],
          body: Self.lookup)
        #expect(admitted.status == 200)
        await #expect(throws: (any Error).self) {
          _ = try await server.backend().lookup([Key("Task", id: 1)])
        }
        await #expect(throws: (any Error).self) {
          _ = try await server.backend().allocateIDs(for: [Key(incomplete: "Task")])
        }
      }
    }

    @Test func `A body over the limit gets a response`() async throws {
      var configuration = DatastoreServer.Configuration()
      configuration.maxRequestBytes = 100_000
      try await withServer(configuration) { server in
        let response = try await server.http(
          "/v1/projects/p:lookup", body: String(repeating: " ", count: 1_000_000))
        #expect(response.status == 413)
        #expect(response.body.contains("RESOURCE_EXHAUSTED"))
      }
    }
  }
#endif

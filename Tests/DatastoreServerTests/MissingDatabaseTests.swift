// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreInMemory
  import DatastoreModel
  import Synchronization
  import Testing

  @testable import DatastoreServer

  /// Reads of databases that do not exist.
  @Suite struct MissingDatabaseTests {
    private final class Opened: Sendable {
      let names = Mutex<[String]>([])

      func backend(_ name: DatabaseName) -> any DatastoreBackend {
        names.withLock { $0.append("\(name)") }
        return InMemoryBackend()
      }
    }

    private static let key = #"{"path": [{"kind": "A", "id": "1"}]}"#
    private static let query = #"{"kind": [{"name": "A"}]}"#
    private static let reads = [
      ("lookup", #"{"keys": [\#(key)]}"#), ("runQuery", #"{"query": \#(query)}"#),
      ("runQuery", #"{"readOptions": {"readConsistency": "STRONG"}, "query": \#(query)}"#),
      ("runQuery", #"{"gqlQuery": {"queryString": "SELECT __key__ FROM A"}}"#),
      ("runQuery", #"{"query": {"kind": [{"name": "__kind__"}]}}"#),
      ("runQuery", #"{"explainOptions": {"analyze": true}, "query": \#(query)}"#),
      (
        "runAggregationQuery",
        #"{"aggregationQuery": {"nestedQuery": \#(query), "aggregations": [{"count": {}}]}}"#
      ),
      ("lookup", #"{"databaseId": "orders", "keys": [\#(key)]}"#),
    ]

    @Test(arguments: reads)
    func `A read of a database that does not exist finds nothing and makes none`(
      call: String, body: String
    ) async throws {
      let opened = Opened()
      let databases = OpenedDatabases(open: { opened.backend($0) }, list: { [] })
      try await withServer(.init(), databases) { server in
        let reply = try await server.http("/v1/projects/mistyped:\(call)", body: body)
        #expect(reply.status == 200, "\(reply.body)")
        #expect(!reply.body.contains(#""entityResults""#), "\(reply.body)")
        #expect(!reply.body.contains("1970"), "The time is not the present one: \(reply.body)")
        #expect(opened.names.withLock { $0 } == [])
        #expect(try await databases.databases() == [])
      }
    }

    @Test func `A read finds what the first write has stored`() async throws {
      let opened = Opened()
      let databases = OpenedDatabases(open: { opened.backend($0) }, list: { [] })
      try await withServer(.init(), databases) { server in
        let read = { () async throws -> String in
          try await server.http("/v1/projects/p:lookup", body: #"{"keys": [\#(Self.key)]}"#).body
        }
        #expect(try await read().contains("missing"))
        let written = try await server.http(
          "/v1/projects/p:commit",
          body: #"{"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {"key": \#(Self.key)}}]}"#)
        #expect(written.status == 200, "\(written.body)")
        #expect(try await read().contains("found"))
        #expect(opened.names.withLock { $0 } == ["p"])
      }
    }

    @Test func `A rollback of an unknown transaction makes no database`() async throws {
      let opened = Opened()
      let databases = OpenedDatabases(open: { opened.backend($0) }, list: { [] })
      try await withServer(.init(), databases) { server in
        let reply = try await server.http(
          "/v1/projects/p:rollback", body: #"{"transaction": "AAAA"}"#)
        #expect(reply.status == 200, "\(reply.body)")
        #expect(opened.names.withLock { $0 } == [])
      }
    }

    @Test func `A read finds what is stored where no list of databases was given`() async throws {
      let stored = InMemoryBackend()
      _ = try await stored.commit([.upsert(Entity(Key("A", id: 1)))])
      try await withServer(.init(), OpenedDatabases { _ in stored }) { server in
        let reply = try await server.http(
          "/v1/projects/p:lookup", body: #"{"keys": [\#(Self.key)]}"#)
        #expect(reply.body.contains("found"), "\(reply.body)")
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import Arrival
  import DatastoreProtos
  import DatastoreSQLite
  import NIOCore
  import SwiftProtobuf
  import Testing

  @testable import DatastoreServer

  /// Valid requests with some bytes changed. `Scripts/check-clients mutations` sends many more.
  @Suite struct MutatedRequestTests {
    /// A request in JSON, and its bytes as protobuf.
    struct Seed: Sendable, CustomStringConvertible {
      var method: String
      var json: String
      var protobuf: [UInt8]

      init<Request: Message>(_ method: String, _ type: Request.Type, _ json: String) throws {
        self.method = method
        self.json = json
        protobuf = try Request(jsonString: json).serializedBytes()
      }

      var description: String { method }
    }

    private static let seeds: [Seed] =
      (try? [
        Seed(
          "lookup", Wire.LookupRequest.self,
          """
          {"keys": [{"path": [{"kind": "A", "id": "1"}, {"kind": "B", "name": "b"}]}],
          "readOptions": {"newTransaction": {"readOnly": {}}}, "propertyMask": {"paths": ["n"]}}
          """),
        Seed(
          "runQuery", Wire.RunQueryRequest.self,
          """
          {"partitionId": {"namespaceId": "n"}, "query": {"kind": [{"name": "A"}], "limit": 5,
          "filter": {"compositeFilter": {"op": "OR", "filters": [{"propertyFilter": {"property":
          {"name": "n"}, "op": "IN", "value": {"arrayValue": {"values": [{"integerValue": "1"}]}}}},
          {"propertyFilter": {"property": {"name": "s"}, "op": "GREATER_THAN", "value":
          {"stringValue": "text"}}}]}}, "projection": [{"property": {"name": "n"}}],
          "startCursor": "AQID"}, "explainOptions": {"analyze": true}}
          """),
        Seed(
          "runQuery", Wire.RunQueryRequest.self,
          """
          {"gqlQuery": {"queryString": "SELECT * FROM A WHERE n > @low ORDER BY n DESC LIMIT @1",
          "namedBindings": {"low": {"value": {"doubleValue": 1.5}}},
          "positionalBindings": [{"value": {"integerValue": "3"}}]}}
          """),
        Seed(
          "runAggregationQuery", Wire.RunAggregationQueryRequest.self,
          """
          {"aggregationQuery": {"nestedQuery": {"kind": [{"name": "A"}], "offset": 1},
          "aggregations": [{"count": {"upTo": "5"}, "alias": "c"},
          {"sum": {"property": {"name": "n"}}}]}}
          """),
        Seed(
          "commit", Wire.CommitRequest.self,
          """
          {"mode": "TRANSACTIONAL", "singleUseTransaction": {"readWrite": {}}, "mutations": [
          {"upsert": {"key": {"path": [{"kind": "A", "id": "1"}]}, "properties": {
          "n": {"integerValue": "1"}, "s": {"stringValue": "text", "excludeFromIndexes": true},
          "at": {"timestampValue": "2026-11-30T12:00:00Z"}, "b": {"blobValue": "AAH/"},
          "e": {"entityValue": {"properties": {"a": {"arrayValue": {"values": [
          {"nullValue": null}, {"geoPointValue": {"latitude": 1}}]}}}}}}},
          "propertyTransforms": [{"property": "n", "increment": {"integerValue": "1"}}]},
          {"delete": {"path": [{"kind": "A", "id": "2"}]}, "baseVersion": "3"}]}
          """),
        Seed(
          "beginTransaction", Wire.BeginTransactionRequest.self,
          #"{"transactionOptions": {"readWrite": {"previousTransaction": "MTIz"}}}"#),
        Seed("rollback", Wire.RollbackRequest.self, #"{"transaction": "MTIzNDU2Nzg="}"#),
        Seed(
          "allocateIds", Wire.AllocateIdsRequest.self, #"{"keys": [{"path": [{"kind": "A"}]}]}"#),
        Seed(
          "reserveIds", Wire.ReserveIdsRequest.self,
          #"{"databaseId": "named", "keys": [{"path": [{"kind": "A", "id": "9"}]}]}"#),
      ]) ?? []

    /// Changes, removes or adds up to four bytes.
    private static func change(
      _ bytes: [UInt8], _ generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
      var bytes = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
        let place = bytes.indices.randomElement(using: &generator) ?? 0
        let byte = UInt8.random(in: 0...255, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = byte
        case 1: bytes[place] ^= 1 << (byte & 7)
        case 2: bytes.remove(at: place)
        default: bytes.insert(byte, at: place)
        }
      }
      return bytes
    }

    /// What a request can be blamed for.
    private static let statuses: Set<Int> = [200, 400, 404, 409, 429, 501]

    @Test func `Each seed is valid`() async throws {
      #expect(Self.seeds.count == 9)
      try await withServer { server in
        for seed in Self.seeds {
          let reply = try await server.http(
            "/v1/projects/p:\(seed.method)", type: "application/json", bytes: Array(seed.json.utf8)
          ) { String(buffer: $0) }
          // The cursor and the transaction are nobody's.
          #expect([200, 400].contains(reply.status), "\(seed): \(reply.body)")
        }
      }
    }

    @Test func `A changed request is answered, or refused without a path or a secret`()
      async throws
    {
      var configuration = DatastoreServer.Configuration()
      configuration.token = "a-secret-token"
      let token = ("authorization", "Bearer a-secret-token")
      var generator = SeededGenerator(seed: 17)
      try await withServer(configuration) { server in
        for round in 0..<60 {
          for seed in Self.seeds {
            let isJSON = round % 2 == 0
            let bytes = Self.change(isJSON ? Array(seed.json.utf8) : seed.protobuf, &generator)
            let reply = try await server.http(
              "/v1/projects/p:\(seed.method)",
              type: isJSON ? "application/json" : "application/x-protobuf", headers: [token],
              bytes: bytes
            ) { String(decoding: $0.readableBytesView, as: UTF8.self) }
            #expect(Self.statuses.contains(reply.status), "\(seed) \(bytes): \(reply.body)")
            guard reply.status != 200 else { continue }
            for secret in ["a-secret-token", ".swift", "/tmp", "SQL"] {
              #expect(!reply.body.contains(secret), "\(seed) \(bytes): \(reply.body)")
            }
          }
        }
      }
    }
  }
#endif

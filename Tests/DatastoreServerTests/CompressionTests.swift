// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreProtos
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import GRPCProtobuf
  import SwiftProtobuf
  import Testing

  @testable import DatastoreServer

  /// Clients that compress what they send over gRPC.
  @Suite struct CompressionTests {
    @Test(arguments: [CompressionAlgorithm.gzip, .deflate])
    func `A compressed request is answered`(algorithm: CompressionAlgorithm) async throws {
      try await withServer { server in
        let transport = try HTTP2ClientTransport.Posix(
          target: .ipv4(address: server.address.host, port: server.address.port),
          transportSecurity: .plaintext,
          config: .defaults {
            $0.compression = .init(algorithm: algorithm, enabledAlgorithms: .all)
          })
        try await withGRPCClient(transport: transport) { client in
          var options = CallOptions.defaults
          options.compression = algorithm
          let request = Wire.CommitRequest.with {
            $0.projectID = "p"
            $0.mode = .nonTransactional
            $0.mutations = [
              .with {
                $0.upsert.key.path = [
                  .with {
                    $0.kind = "A"
                    $0.name = String(repeating: "a", count: 1_000)
                  }
                ]
              }
            ]
          }
          let reply = try await client.unary(
            request: ClientRequest(message: request),
            descriptor: MethodDescriptor(
              fullyQualifiedService: "google.datastore.v1.Datastore", method: "Commit"),
            serializer: ProtobufSerializer<Wire.CommitRequest>(),
            deserializer: ProtobufDeserializer<Wire.CommitResponse>(), options: options
          ) { try $0.message }
          #expect(reply.mutationResults.count == 1)
        }
      }
    }
  }
#endif

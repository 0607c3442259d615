// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf
internal import SwiftProtobuf

/// The rows that the clients look up.
enum Rows {
  static let count = 1_000
  static let project = "demo"
  static let kind = "Row"
  static let lookup = MethodDescriptor(
    fullyQualifiedService: "google.datastore.v1.Datastore", method: "Lookup")

  static func values(_ id: Int64) -> [(name: String, text: String)] {
    (0..<5).map { ("column\($0)", "the value \($0) of row \(id)") }
  }
}

/// A server that answers Lookup with a row for each key.
struct Server: RegistrableRPCService {
  static func run() async throws {
    let server = GRPCServer(
      transport: .http2NIOPosix(
        address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext),
      services: [Server()])
    let serving = Task { try await server.serve() }
    print(try await server.listeningAddress?.ipv4?.port ?? 0)
    fflush(nil)
    try await serving.value
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: Rows.lookup,
      deserializer: ProtobufDeserializer<Google_Datastore_V1_LookupRequest>(),
      serializer: ProtobufSerializer<Google_Datastore_V1_LookupResponse>()
    ) { request, _ in
      let request = try await ServerRequest(stream: request)
      var reply = Google_Datastore_V1_LookupResponse()
      reply.found = request.message.keys.map { key in
        var found = Google_Datastore_V1_EntityResult()
        found.entity.key = key
        for (name, text) in Rows.values(key.path.last?.id ?? 0) {
          found.entity.properties[name] = .with { $0.stringValue = text }
        }
        found.version = 1
        return found
      }
      return StreamingServerResponse(single: ServerResponse(message: reply))
    }
  }
}

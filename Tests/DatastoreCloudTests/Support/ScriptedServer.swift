// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Foundation
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import GRPCProtobuf
  import SwiftProtobuf
  import Synchronization

  import DatastoreProtos
  @testable import DatastoreCloud

  /// A server of the API in the process of the tests, over HTTP/2 as any other, whose answers a
  /// test writes.
  ///
  /// Google's emulators never defer a key, send short batches or refuse for want of capacity. The
  /// service does, and not when a test would like it to.
  final class ScriptedServer: Sendable {
    /// What it answers. Each closure is also told how many calls of its method came before.
    struct Script: Sendable {
      var lookup: @Sendable (Wire.LookupRequest, Int) throws -> Wire.LookupResponse = { _, _ in
        throw RPCError(code: .unimplemented, message: "no lookup in this script")
      }
      var query: @Sendable (Wire.RunQueryRequest, Int) throws -> Wire.RunQueryResponse = { _, _ in
        throw RPCError(code: .unimplemented, message: "no query in this script")
      }
      var commit: @Sendable (Wire.CommitRequest, Int) throws -> Wire.CommitResponse = { _, _ in
        throw RPCError(code: .unimplemented, message: "no commit in this script")
      }
    }

    private final class Service: RegistrableRPCService {
      let script: Script
      private let counts = Mutex<[ServiceMethod: Int]>([:])
      /// The headers of the last call.
      let metadata = Mutex<Metadata>([:])

      init(_ script: Script) { self.script = script }

      func count(_ method: ServiceMethod) -> Int { counts.withLock { $0[method] ?? 0 } }

      func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        register(.lookup, &router, script.lookup)
        register(.runQuery, &router, script.query)
        register(.commit, &router, script.commit)
      }

      private func register<
        Transport: ServerTransport, Request: SwiftProtobuf.Message, Reply: SwiftProtobuf.Message
      >(
        _ method: ServiceMethod, _ router: inout RPCRouter<Transport>,
        _ answer: @escaping @Sendable (Request, Int) throws -> Reply
      ) {
        router.registerHandler(
          forMethod: method.descriptor, deserializer: ProtobufDeserializer<Request>(),
          serializer: ProtobufSerializer<Reply>()
        ) { [self] request, _ in
          let request = try await ServerRequest(stream: request)
          metadata.withLock { $0 = request.metadata }
          let earlier = counts.withLock { counts in
            let earlier = counts[method] ?? 0
            counts[method] = earlier + 1
            return earlier
          }
          return StreamingServerResponse(
            single: ServerResponse(message: try answer(request.message, earlier)))
        }
      }
    }

    let endpoint: DatastoreCloud.Endpoint
    private let service: Service
    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let serving: Task<Void, any Error>

    /// Serves from when this returns until it is let go of.
    init(
      _ script: Script, security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext,
      isPlaintext: Bool = true, host: String = "127.0.0.1"
    ) async throws {
      let service = Service(script)
      self.service = service
      let server = GRPCServer(
        transport: .http2NIOPosix(
          address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: security),
        services: [service])
      self.server = server
      serving = Task { try await server.serve() }
      let port = try await server.listeningAddress?.ipv4?.port ?? 0
      endpoint = DatastoreCloud.Endpoint(host: host, port: port, isPlaintext: isPlaintext)
    }

    deinit {
      server.beginGracefulShutdown()
      serving.cancel()
    }

    /// A header of the last call.
    func header(_ name: String) -> String? {
      service.metadata.withLock { Array($0[stringValues: name]).first }
    }

    /// How many calls have come.
    func calls(_ method: ServiceMethod) -> Int { service.count(method) }

    /// A backend that talks to it, or to a proxy in front of it.
    func backend(
      at endpoint: DatastoreCloud.Endpoint? = nil,
      _ change: (inout CloudBackend.Configuration) -> Void = { _ in },
      log: (@Sendable (String) -> Void)? = nil
    ) throws -> CloudBackend {
      var configuration = CloudBackend.Configuration(
        project: "demo", endpoint: endpoint ?? self.endpoint)
      configuration.credentials = .none
      configuration.bePatient()
      change(&configuration)
      return try CloudBackend(configuration, log: log)
    }
  }
#endif

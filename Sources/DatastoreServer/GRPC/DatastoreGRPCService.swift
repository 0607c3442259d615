// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreProtos
  internal import GRPCCore
  internal import GRPCProtobuf
  internal import SwiftProtobuf

  /// The API's service for grpc-swift: one handler for each method.
  struct DatastoreGRPCService: RegistrableRPCService {
    let handler: RequestHandler
    let gate: RequestGate

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
      register(.lookup, handler.lookup, &router)
      register(.runQuery, handler.runQuery, &router)
      register(.runAggregationQuery, handler.runAggregationQuery, &router)
      register(.beginTransaction, handler.beginTransaction, &router)
      register(.commit, handler.commit, &router)
      register(.rollback, handler.rollback, &router)
      register(.allocateIds, handler.allocateIDs, &router)
      register(.reserveIds, handler.reserveIDs, &router)
    }

    private func register<
      Request: SwiftProtobuf.Message & Sendable, Reply: SwiftProtobuf.Message & Sendable,
      Transport: ServerTransport
    >(
      _ method: ServiceMethod,
      _ answer: @escaping @Sendable (Request, String) async throws -> Reply,
      _ router: inout RPCRouter<Transport>
    ) {
      router.registerHandler(
        forMethod: method.descriptor, deserializer: RequestDeserializer<Request>(),
        serializer: ProtobufSerializer<Reply>()
      ) { [gate] request, context in
        let single = try await ServerRequest(stream: request)
        let token = single.metadata[stringValues: "authorization"].first { _ in true }
        do throws(ServerFailure) {
          let reply = try await gate.answering(method.rawValue, authorization: token) {
            try await answer(single.message, context.remotePeer)
          }
          return StreamingServerResponse(single: ServerResponse(message: reply))
        } catch {
          throw RPCError(code: error.code, message: error.message)
        }
      }
    }
  }

  /// Parses a request. A request that cannot be parsed is the client's fault.
  struct RequestDeserializer<Request: SwiftProtobuf.Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Request {
      do {
        return try ProtobufDeserializer<Request>().deserialize(bytes)
      } catch {
        throw RPCError(
          code: .invalidArgument,
          message: "The request is damaged: it is not a \(Request.protoMessageName).")
      }
    }
  }
#endif

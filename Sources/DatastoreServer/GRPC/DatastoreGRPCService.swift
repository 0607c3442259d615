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
    /// Where requests run.
    let executor: any TaskExecutor

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
      ) { [gate, executor] request, context in
        let single = try await ServerRequest(stream: request)
        let token = single.metadata[stringValues: "authorization"].first { _ in true }
        let (message, peer) = (single.message, context.remotePeer)
        do throws(ServerFailure) {
          let reply = try await gate.answering(method.rawValue, authorization: token) {
            try await cancelledWithCall(on: executor) { try await answer(message, peer) }
          }
          return StreamingServerResponse(single: ServerResponse(message: reply))
        } catch {
          throw RPCError(code: error.code, message: error.message)
        }
      }
    }
  }

  /// Runs a body that is cancelled when its client gives up, its deadline passes or its connection
  /// is closed. grpc-swift says so, but cancels nothing.
  private func cancelledWithCall<Reply: Sendable>(
    on executor: any TaskExecutor, _ body: @escaping @Sendable () async throws -> Reply
  ) async throws -> Reply {
    let task = Task(executorPreference: executor) { try await body() }
    return try await withTaskCancellationHandler {
      try await withRPCCancellationHandler {
        try await task.value
      } onCancelRPC: {
        task.cancel()
      }
    } onCancel: {
      task.cancel()
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

// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreProtos
  internal import GRPCCore

  /// gRPC's health protocol, which Kubernetes and load balancers speak. What runs is healthy.
  struct HealthService: RegistrableRPCService {
    private static let names = ["", ServiceMethod.service]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
      func method(_ name: String) -> MethodDescriptor {
        MethodDescriptor(fullyQualifiedService: "grpc.health.v1.Health", method: name)
      }
      router.registerHandler(
        forMethod: method("Check"), deserializer: WireFieldsDeserializer(),
        serializer: WireFieldsSerializer()
      ) { request, _ in
        let service = try await ServerRequest(stream: request).message.text(1) ?? ""
        guard Self.names.contains(service) else {
          throw RPCError(code: .notFound, message: "There is no service \(service) here.")
        }
        return StreamingServerResponse(single: ServerResponse(message: Self.status(1)))
      }
      router.registerHandler(
        forMethod: method("Watch"), deserializer: WireFieldsDeserializer(),
        serializer: WireFieldsSerializer()
      ) { request, context in
        let service = try await ServerRequest(stream: request).message.text(1) ?? ""
        return StreamingServerResponse { writer in
          // 3: unknown. Neither changes as long as the server runs.
          try await writer.write(Self.status(Self.names.contains(service) ? 1 : 3))
          try await context.cancellation.cancelled
          return [:]
        }
      }
    }

    private static func status(_ status: UInt64) -> WireFields {
      var fields = WireFields()
      fields.add(1, status)
      return fields
    }
  }
#endif

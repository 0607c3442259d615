// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreProtos
  private import FoundationEssentials
  internal import GRPCCore
  private import SwiftProtobuf

  /// gRPC's reflection protocol, from which tools such as grpcurl learn the API's messages.
  struct ReflectionService: RegistrableRPCService {
    /// A file with its name, the symbols that it declares, and its descriptor.
    private struct File {
      var name: String
      var symbols: Set<String>
      var imports: [String]
      var descriptor: [UInt8]
    }

    /// Read when the first tool asks, because most servers are never asked.
    private static let files = readFiles()

    private static func readFiles() -> [File] {
      guard let data = Data(base64Encoded: ProtoDescriptors.base64),
        let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: data)
      else { return [] }
      return set.file.map { file in
        let names =
          file.messageType.flatMap { Self.names(of: $0, in: file.package) }
          + file.enumType.map { "\(file.package).\($0.name)" }
          + file.service.flatMap { service in
            let name = "\(file.package).\(service.name)"
            return [name] + service.method.map { "\(name).\($0.name)" }
          }
        return File(
          name: file.name, symbols: Set(names), imports: file.dependency,
          descriptor: (try? file.serializedBytes()) ?? [])
      }
    }

    private static func names(
      of message: Google_Protobuf_DescriptorProto, in scope: String
    ) -> [String] {
      let name = "\(scope).\(message.name)"
      return [name] + message.nestedType.flatMap { names(of: $0, in: name) }
        + message.enumType.map { "\(name).\($0.name)" }
    }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
      for version in ["v1", "v1alpha"] {
        router.registerHandler(
          forMethod: MethodDescriptor(
            fullyQualifiedService: "grpc.reflection.\(version).ServerReflection",
            method: "ServerReflectionInfo"),
          deserializer: WireFieldsDeserializer(), serializer: WireFieldsSerializer()
        ) { request, _ in
          StreamingServerResponse { writer in
            for try await message in request.messages {
              try await writer.write(reply(to: message))
            }
            return [:]
          }
        }
      }
    }

    private func reply(to request: WireFields) -> WireFields {
      var reply = WireFields()
      reply.add(1, request.text(1) ?? "")
      reply.add(2, request)
      if let name = request.text(3) {
        add(Self.files.first { $0.name == name }, name, to: &reply)
      } else if let symbol = request.text(4) {
        add(Self.files.first { $0.symbols.contains(symbol) }, symbol, to: &reply)
      } else if request.text(7) != nil {
        var list = WireFields()
        for service in [ServiceMethod.service, "grpc.health.v1.Health"] {
          var entry = WireFields()
          entry.add(1, service)
          list.add(1, entry)
        }
        reply.add(6, list)
      } else {
        reply.add(7, Self.error(12, "The API has no extensions."))
      }
      return reply
    }

    private func add(_ file: File?, _ asked: String, to reply: inout WireFields) {
      guard let file else { return reply.add(7, Self.error(5, "There is no \(asked) here.")) }
      var response = WireFields()
      var open = [file.name]
      var sent: Set<String> = []
      while let name = open.popLast() {
        guard sent.insert(name).inserted, let file = Self.files.first(where: { $0.name == name })
        else { continue }
        response.add(1, file.descriptor)
        open += file.imports
      }
      reply.add(4, response)
    }

    private static func error(_ code: UInt64, _ message: String) -> WireFields {
      var error = WireFields()
      error.add(1, code)
      error.add(2, message)
      return error
    }
  }
#endif

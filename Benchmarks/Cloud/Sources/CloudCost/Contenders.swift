// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreCloud
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf
internal import SwiftProtobuf

/// The same lookup in a program that uses grpc-swift and the messages, and finds each entity by the
/// number of its key.
final class Bare: Sendable {
  private let client: GRPCClient<HTTP2ClientTransport.Posix>
  private let running: Task<Void, any Error>

  init(port: Int) throws {
    let client = GRPCClient(
      transport: try HTTP2ClientTransport.Posix(
        target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext))
    self.client = client
    running = Task { try await client.runConnections() }
  }

  func lookup() async throws {
    var request = Google_Datastore_V1_LookupRequest()
    request.projectID = Rows.project
    request.keys = (1...Int64(Rows.count)).map { id in
      .with { key in
        key.partitionID.projectID = Rows.project
        key.path = [
          .with {
            $0.kind = Rows.kind
            $0.id = id
          }
        ]
      }
    }
    let reply = try await client.unary(
      request: ClientRequest(message: request), descriptor: Rows.lookup,
      serializer: ProtobufSerializer<Google_Datastore_V1_LookupRequest>(),
      deserializer: ProtobufDeserializer<Google_Datastore_V1_LookupResponse>(), options: .defaults
    ) { try $0.message }
    var found: [Int64: Google_Datastore_V1_Entity] = [:]
    for result in reply.found { found[result.entity.key.path[0].id] = result.entity }
    for id in 1...Int64(Rows.count) {
      precondition(found[id]?.properties["column4"]?.stringValue.isEmpty == false)
    }
  }

  func close() async throws {
    client.beginGracefulShutdown()
    try await running.value
  }
}

/// The same lookup through futures.
final class Futures: Sendable {
  private let backend: CloudBackend
  private let datastore: Datastore

  init(port: Int) throws {
    var configuration = CloudBackend.Configuration(
      project: Rows.project,
      endpoint: Endpoint(host: "127.0.0.1", port: port, isPlaintext: true))
    configuration.credentials = .none
    backend = try CloudBackend(configuration)
    datastore = Datastore(backend: backend, configuration: .remote)
  }

  private var keys: [Key] { (1...Int64(Rows.count)).map { Key(Rows.kind, id: $0) } }

  /// The number of Lookup calls that the futures have made.
  var calls: Int { datastore.statistics().lookups.count }

  func get() async throws {
    let futures = keys.map { datastore.get($0) }
    for future in futures { check(try await future.value) }
  }

  /// The lookup without futures: the cost of the backend, most of which is making entities.
  func lookup() async throws {
    for entity in try await backend.lookup(keys).found { check(entity) }
  }

  private func check(_ entity: Entity?) {
    guard case .string(let text)? = entity?["column4"], !text.isEmpty else {
      preconditionFailure("no row")
    }
  }

  func close() async throws { try await datastore.close() }
}

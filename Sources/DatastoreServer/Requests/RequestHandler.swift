// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import GRPCCore
  internal import SwiftProtobuf

  /// Answers the requests of the API from the backends. Everything that a datastore does is done by
  /// the backend; here requests and replies are translated and fitted into messages.
  final class RequestHandler: Sendable {
    let provider: any DatabaseProvider
    let transactions: TransactionTable

    init(_ provider: any DatabaseProvider, _ transactions: TransactionTable) {
      self.provider = provider
      self.transactions = transactions
    }

    /// What a request works with.
    struct Target {
      var name: DatabaseName
      var backend: any DatastoreBackend
      var format: WireFormat
    }

    func target(_ project: String, _ database: String) async throws -> Target {
      guard !project.isEmpty else {
        throw ServerFailure(.invalidArgument, "The request has no project ID. Set project_id.")
      }
      guard database != "(default)" else {
        throw ServerFailure(
          .invalidArgument, "The default database has the ID \"\", not \"(default)\".")
      }
      let name = DatabaseName(project: project, database: database)
      try name.check()
      return Target(
        name: name, backend: try await provider.backend(of: name),
        format: WireFormat(project: project, database: database, sender: .client))
    }

    func beginTransaction(
      _ request: Wire.BeginTransactionRequest, from peer: String
    ) async throws -> Wire.BeginTransactionResponse {
      let target = try await target(request.projectID, request.databaseID)
      let mode = try target.format.decode(request.transactionOptions)
      let id = try await target.backend.beginTransaction(mode)
      transactions.begin(id, mode, on: target.backend, peer)
      return .with { $0.transaction = target.format.encode(id) }
    }

    func rollback(
      _ request: Wire.RollbackRequest, from peer: String
    ) async throws -> Wire.RollbackResponse {
      let target = try await target(request.projectID, request.databaseID)
      guard let id = target.format.transaction(request.transaction) else {
        throw ServerFailure(.invalidArgument, "The request has no transaction to roll back.")
      }
      try await target.backend.rollback(id)
      transactions.end(id)
      return Wire.RollbackResponse()
    }

    func allocateIDs(
      _ request: Wire.AllocateIdsRequest, from peer: String
    ) async throws -> Wire.AllocateIdsResponse {
      let target = try await target(request.projectID, request.databaseID)
      let keys = try target.format.decode(request.keys)
      for key in keys { try Limits.check(.upsert(Entity(key))) }
      let allocated = try await target.backend.allocateIDs(for: keys)
      return .with { $0.keys = target.format.encode(allocated) }
    }

    func reserveIDs(
      _ request: Wire.ReserveIdsRequest, from peer: String
    ) async throws -> Wire.ReserveIdsResponse {
      let target = try await target(request.projectID, request.databaseID)
      let keys = try target.format.decode(request.keys)
      for key in keys { try Limits.check(.delete(key)) }
      try await target.backend.reserveIDs(keys)
      return Wire.ReserveIdsResponse()
    }
  }
#endif

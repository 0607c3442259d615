// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreEngine
  private import DatastoreInMemory
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
    struct Target: Sendable {
      var name: DatabaseName
      var backend: any DatastoreBackend
      var format: WireFormat
    }

    func target(_ project: String, _ database: String) async throws -> Target {
      let name = try Self.name(project, database)
      return target(name, try await provider.backend(of: name))
    }

    /// What a request works with that writes nothing: for a database that does not exist, an empty
    /// one that is not stored.
    func target(reading project: String, _ database: String) async throws -> Target {
      let name = try Self.name(project, database)
      if let backend = try await provider.backend(toRead: name) { return target(name, backend) }
      let nothing = InMemoryBackend()
      // After a commit, its replies have the present time and a version.
      _ = try await nothing.commit([.delete(Key("Nothing", id: 1))])
      return target(name, nothing)
    }

    /// What a read works with. Its transaction may write later, so it needs the database.
    func target(
      _ project: String, _ database: String, _ options: Wire.ReadOptions
    ) async throws -> Target {
      switch options.consistencyType {
      case .transaction, .newTransaction: try await target(project, database)
      case .readConsistency, .readTime, nil: try await target(reading: project, database)
      }
    }

    private func target(_ name: DatabaseName, _ backend: any DatastoreBackend) -> Target {
      Target(
        name: name, backend: backend,
        format: WireFormat(project: name.project, database: name.database, sender: .client))
    }

    private static func name(_ project: String, _ database: String) throws -> DatabaseName {
      guard !project.isEmpty else {
        throw ServerFailure(.invalidArgument, "The request has no project ID. Set project_id.")
      }
      guard database != "(default)" else {
        throw ServerFailure(
          .invalidArgument, "The default database has the ID \"\", not \"(default)\".")
      }
      let name = DatabaseName(project: project, database: database)
      try name.check()
      return name
    }

    /// Removes all data. Transactions that are open end, also those that begin meanwhile.
    func reset() async throws {
      await transactions.endAll()
      try await provider.reset()
      await transactions.endAll()
    }

    func beginTransaction(
      _ request: Wire.BeginTransactionRequest, from peer: String
    ) async throws -> Wire.BeginTransactionResponse {
      let resets = transactions.resets
      let target = try await target(request.projectID, request.databaseID)
      let mode = try target.format.decode(request.transactionOptions)
      try transactions.checkRoom(in: target.name)
      let id = try await target.backend.beginTransaction(mode)
      try await transactions.begin(id, mode, on: target, peer, since: resets)
      return .with { $0.transaction = target.format.encode(id) }
    }

    func rollback(
      _ request: Wire.RollbackRequest, from peer: String
    ) async throws -> Wire.RollbackResponse {
      let target = try await target(reading: request.projectID, request.databaseID)
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
      // All are checked before the first is allocated.
      for key in keys { try RequestRules.check(allocation: [key]) }
      var allocated: [Key] = []
      allocated.reserveCapacity(keys.count)
      for part in try Self.parts(of: keys) {
        allocated += try await target.backend.allocateIDs(for: part)
      }
      return .with { $0.keys = target.format.encode(allocated) }
    }

    func reserveIDs(
      _ request: Wire.ReserveIdsRequest, from peer: String
    ) async throws -> Wire.ReserveIdsResponse {
      let target = try await target(request.projectID, request.databaseID)
      let keys = try target.format.decode(request.keys)
      for key in keys { try RequestRules.check(reservation: [key]) }
      for part in try Self.parts(of: keys) { try await target.backend.reserveIDs(part) }
      return Wire.ReserveIdsResponse()
    }

    /// The most IDs of one request, so that the reply is not too large.
    private static let maxIDs = 10_000

    /// Parts of as many keys as a backend takes. The API knows no such limit.
    private static func parts(of keys: [Key]) throws -> [[Key]] {
      guard keys.count <= maxIDs else {
        throw ServerFailure(
          .invalidArgument,
          "The request has \(keys.count) keys; at most \(maxIDs) are allowed. Split it.")
      }
      return stride(from: 0, to: keys.count, by: Limits.commitMutations).map { start in
        Array(keys[start..<min(start + Limits.commitMutations, keys.count)])
      }
    }
  }
#endif

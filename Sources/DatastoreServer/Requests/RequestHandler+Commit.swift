// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import GRPCCore
  internal import SwiftProtobuf

  extension RequestHandler {
    func commit(
      _ request: Wire.CommitRequest, from peer: String
    ) async throws -> Wire.CommitResponse {
      let target = try await target(request.projectID, request.databaseID)
      let format = target.format
      var mutations: [Mutation] = []
      mutations.reserveCapacity(request.mutations.count)
      for mutation in request.mutations {
        let mutation = try format.decode(mutation)
        try Limits.check(mutation)
        mutations.append(mutation)
      }
      let selector = try selector(of: request, format)
      let folding = try selector == nil ? nil : MutationFolding(mutations)
      let given = mutations
      if let folding { mutations = folding.mutations }
      let reply = try await commit(mutations, selector, target)
      return .with {
        $0.mutationResults = given.enumerated().map { index, mutation in
          format.encode(reply.results[folding?.indexes[index] ?? index], of: mutation)
        }
        $0.indexUpdates = Int32(clamping: mutations.count)
        if let time = reply.commitTime { $0.commitTime = format.encode(time) }
      }
    }

    private func commit(
      _ mutations: [Mutation], _ selector: TransactionSelector?, _ target: Target
    ) async throws -> CommitReply {
      switch selector {
      case .running(let id)? where mutations.isEmpty && transactions.isReadOnly(id):
        // Clients end read-only transactions with a commit too.
        return try await transactions.ending(id) {
          try await target.backend.rollback(id)
          return CommitReply(keys: [])
        }
      case .running(let id)?:
        return try await transactions.ending(id) {
          try await target.backend.commit(mutations, in: .running(id))
        }
      case .begin(let mode)?: return try await target.backend.commit(mutations, in: .begin(mode))
      case nil: return try await target.backend.commit(mutations)
      }
    }

    private func selector(
      of request: Wire.CommitRequest, _ format: WireFormat
    ) throws -> TransactionSelector? {
      let isTransactional = request.mode != .nonTransactional
      switch request.transactionSelector {
      case .transaction(let bytes)?:
        guard isTransactional, let id = format.transaction(bytes) else {
          throw ServerFailure(
            .invalidArgument, "A commit outside a transaction must not name a transaction.")
        }
        return .running(id)
      case .singleUseTransaction(let options)?:
        guard isTransactional else {
          throw ServerFailure(
            .invalidArgument, "A commit with the mode NON_TRANSACTIONAL begins no transaction.")
        }
        return .begin(try format.decode(options))
      case nil:
        guard request.mode != .transactional else {
          throw ServerFailure(
            .invalidArgument,
            """
            A commit with the mode TRANSACTIONAL needs a transaction. Name one, or set \
            single_use_transaction.
            """)
        }
        return nil
      }
    }
  }
#endif

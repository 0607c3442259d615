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
      let results = folding?.results(reply.results) ?? reply.results
      return .with {
        $0.mutationResults = zip(results, given).map { format.encode($0, of: $1) }
        $0.indexUpdates = Int32(clamping: reply.indexUpdates ?? 0)
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
      case .begin?, nil: return try await target.backend.commit(mutations, in: selector)
      }
    }

    private func selector(
      of request: Wire.CommitRequest, _ format: WireFormat
    ) throws -> TransactionSelector? {
      switch request.mode {
      case .nonTransactional:
        guard request.transactionSelector == nil else {
          throw ServerFailure(
            .invalidArgument,
            """
            A commit with the mode NON_TRANSACTIONAL has no transaction. Leave the transaction \
            out, or set the mode to TRANSACTIONAL.
            """)
        }
        return nil
      case .transactional, .unspecified: break
      case .UNRECOGNIZED:
        throw ServerFailure(
          .invalidArgument,
          "The mode of the commit is not known. Use TRANSACTIONAL or NON_TRANSACTIONAL.")
      }
      switch request.transactionSelector {
      case .transaction(let bytes)?:
        guard let id = format.transaction(bytes) else {
          throw ServerFailure(
            .invalidArgument, "The transaction of the commit is empty. Give the ID of one.")
        }
        return .running(id)
      case .singleUseTransaction(let options)?:
        let mode = try format.decode(options)
        guard !mode.isReadOnly else {
          throw ServerFailure(
            .invalidArgument, "single_use_transaction is read-only. A commit needs read_write.")
        }
        return .begin(mode)
      case nil:
        throw ServerFailure(
          .invalidArgument,
          """
          A commit with the mode TRANSACTIONAL, which is the default, needs a transaction. Name \
          one, set single_use_transaction, or set the mode to NON_TRANSACTIONAL.
          """)
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel

  extension RetryPlan {
    /// The plan of a read. A read that is part of a running transaction is not retried after
    /// ABORTED, because the whole transaction must be retried.
    static func read(in transaction: TransactionSelector?) -> RetryPlan {
      if case .running? = transaction { return RetryPlan(.harmless) }
      return RetryPlan(.harmless, isWholeTransaction: true)
    }

    /// The plan of a commit. The commit of a running transaction is sent once: a server that has
    /// committed it answers a repetition with "no such transaction", which would hide the success.
    static func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector
    ) -> RetryPlan {
      if case .running = transaction { return RetryPlan(.harmful) }
      let isIdempotent = mutations.allSatisfy { mutation in
        // What it depends on may have changed with the first attempt.
        if mutation.dependsOnStoredEntity { return false }
        return switch mutation.operation {
        case .insert, .update: false
        case .upsert(let entity): entity.key?.isComplete == true
        case .delete: true
        }
      }
      return RetryPlan(isIdempotent ? .idempotent : .harmful, isWholeTransaction: true)
    }
  }
#endif

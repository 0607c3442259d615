#if Cloud
  internal import Datastore

  extension RetryPlan {
    /// For a read. In a transaction that is under way, another transaction's victory is the business
    /// of those who began it.
    static func read(in transaction: TransactionSelector?) -> RetryPlan {
      if case .running? = transaction { return RetryPlan(.harmless) }
      return RetryPlan(.harmless, isWholeTransaction: true)
    }

    /// For a commit. That of a transaction under way is sent once: a server that has committed it and
    /// is asked again says that it knows no such transaction, which would hide that it was written.
    static func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector
    ) -> RetryPlan {
      if case .running = transaction { return RetryPlan(.harmful) }
      let isIdempotent = mutations.allSatisfy { mutation in
        switch mutation {
        case .insert, .update: false
        case .upsert(let entity): entity.key?.isComplete == true
        case .delete: true
        }
      }
      return RetryPlan(isIdempotent ? .idempotent : .harmful, isWholeTransaction: true)
    }
  }
#endif

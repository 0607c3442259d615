#if Cloud
  public import Datastore

  extension CloudBackend {
    /// Begins a transaction.
    ///
    /// - Throws: `DatastoreError`.
    public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
      try await beginTransaction(mode, until: connection.deadline)
    }

    private func beginTransaction(
      _ mode: TransactionMode, until deadline: ContinuousClock.Instant
    ) async throws -> TransactionID {
      var request = Wire.BeginTransactionRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.transactionOptions = format.encode(mode)
      // One begun in vain holds nothing up, and the server ends it when it is left alone.
      let reply: Wire.BeginTransactionResponse = try await connection.call(
        .beginTransaction, request, RetryPlan(.idempotent), until: deadline)
      guard let transaction = format.transaction(reply.transaction) else {
        throw DatastoreError(.internal, "The server began a transaction and did not name it.")
      }
      return transaction
    }

    /// Reads up to 1,000 entities inside a transaction.
    ///
    /// - Throws: `DatastoreError`.
    public func lookup(
      _ keys: [Key], in transaction: TransactionSelector
    ) async throws -> LookupReply {
      try await begun(transaction, \.transaction) { transaction, deadline in
        var call = LookupCall(connection, format, transaction, until: deadline)
        do {
          return try await call.run(keys)
        } catch {
          if let begun = call.begun { try? await rollback(begun) }
          throw error
        }
      }
    }

    /// Finds entities inside a transaction.
    ///
    /// - Throws: `DatastoreError`.
    public func query(
      _ request: QueryRequest, in transaction: TransactionSelector
    ) async throws -> QueryReply {
      try await begun(transaction, \.transaction) {
        try await query(request, inside: $0, until: $1)
      }
    }

    /// Computes over a query's results inside a transaction.
    ///
    /// - Throws: `DatastoreError`.
    public func aggregate(
      _ request: AggregationRequest, in transaction: TransactionSelector
    ) async throws -> AggregationReply {
      try await begun(transaction, \.transaction) {
        try await aggregate(request, inside: $0, until: $1)
      }
    }

    /// Makes a read that may begin its transaction; where the server cannot do both at once, in two
    /// calls.
    private func begun<Reply>(
      _ transaction: TransactionSelector, _ name: WritableKeyPath<Reply, TransactionID?>,
      _ read: (TransactionSelector, ContinuousClock.Instant) async throws -> Reply
    ) async throws -> Reply {
      let deadline = connection.deadline
      guard case .begin(let mode) = transaction, !configuration.beginsTransactionsWithReads else {
        return try await read(transaction, deadline)
      }
      let begun = try await beginTransaction(mode, until: deadline)
      do {
        var reply = try await read(.running(begun), deadline)
        reply[keyPath: name] = begun
        return reply
      } catch {
        // A read that fails leaves no transaction behind that somebody would have to end.
        try? await rollback(begun)
        throw error
      }
    }

    /// Commits a transaction, or begins and commits one at once: up to 500 mutations, all or none.
    ///
    /// - Throws: `DatastoreError`; nothing was written then, except with a code that
    ///   `leavesWritesInDoubt`.
    public func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector
    ) async throws -> CommitReply {
      guard mutations.count <= Limits.commitMutations else {
        throw DatastoreError(
          .invalidArgument,
          """
          A commit takes up to \(Limits.commitMutations) mutations and was given \
          \(mutations.count). Split it.
          """)
      }
      var request = Wire.CommitRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.mode = .transactional
      switch transaction {
      case .running(let transaction): request.transaction = .init(transaction.bytes)
      case .begin(let mode):
        if mode.isReadOnly {
          throw DatastoreError(
            .invalidArgument, "A read-only transaction has nothing to commit. Roll it back.")
        }
        if mutations.isEmpty { return CommitReply(keys: []) }
        // Begins and ends with the commit, which is all or nothing by that.
        request.singleUseTransaction = format.encode(mode)
      }
      request.mutations = mutations.map(format.encode)
      let reply: Wire.CommitResponse = try await connection.call(
        .commit, request, .commit(mutations, in: transaction))
      return CommitReply(keys: try format.keys(of: reply, for: mutations))
    }

    /// How long the server is asked to give a transaction up: it ends one that is left alone by itself,
    /// and whoever gives it up waits.
    private static let rollbackTime = Duration.seconds(5)

    /// Gives a transaction up, in 5 s at most.
    ///
    /// - Throws: `DatastoreError` if the server could not be told, or knows no such transaction.
    public func rollback(_ transaction: TransactionID) async throws {
      var request = Wire.RollbackRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.transaction = .init(transaction.bytes)
      let _: Wire.RollbackResponse = try await connection.call(
        .rollback, request, RetryPlan(.idempotent),
        until: min(connection.deadline, .now + Self.rollbackTime))
    }

    /// Completes up to 500 incomplete keys with IDs that are given to nobody else.
    ///
    /// - Throws: `DatastoreError`.
    public func allocateIDs(for keys: [Key]) async throws -> [Key] {
      try Self.check(keys, areComplete: false)
      if keys.isEmpty { return [] }
      var request = Wire.AllocateIdsRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.keys = keys.map(format.encode)
      // IDs given in vain are not missed.
      let reply: Wire.AllocateIdsResponse = try await connection.call(
        .allocateIds, request, RetryPlan(.idempotent))
      var completed: [Key] = []
      for message in reply.keys { completed.append(try format.decode(message)) }
      guard completed.count == keys.count, completed.allSatisfy(\.isComplete) else {
        throw DatastoreError(
          .internal,
          "The server answered \(keys.count) keys without ID with \(completed.count) keys.")
      }
      return completed
    }

    /// Sees to it that these keys' IDs are never given to incomplete keys; up to 500.
    ///
    /// - Throws: `DatastoreError`.
    public func reserveIDs(_ keys: [Key]) async throws {
      try Self.check(keys, areComplete: true)
      // Names are never given to anybody, and the server takes none.
      let numbered = keys.filter { $0.id != nil }
      if numbered.isEmpty { return }
      var request = Wire.ReserveIdsRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.keys = numbered.map(format.encode)
      let _: Wire.ReserveIdsResponse = try await connection.call(
        .reserveIds, request, RetryPlan(.harmless))
    }

    private static func check(_ keys: [Key], areComplete: Bool) throws(DatastoreError) {
      let limit = 500
      guard keys.count <= limit else {
        throw DatastoreError(
          .invalidArgument, "IDs are for up to \(limit) keys at once, and here are \(keys.count).")
      }
      if let key = keys.first(where: { $0.isComplete != areComplete }) {
        throw DatastoreError(
          .invalidArgument,
          areComplete
            ? "This key has no ID that could be reserved."
            : "This key has an ID or a name already.",
          key: key)
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreEngine
  public import DatastoreModel
  internal import DatastoreProtos

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
      // A transaction that nobody uses holds no locks, and the server ends it after a while.
      let reply: Wire.BeginTransactionResponse = try await connection.call(
        .beginTransaction, request, RetryPlan(.idempotent), until: deadline)
      guard let transaction = format.transaction(reply.transaction) else {
        throw DatastoreError(.internal, "The server began a transaction but did not send its ID.")
      }
      return transaction
    }

    /// Reads up to 1,000 entities.
    ///
    /// Keys that do not fit into one request, or whose entities do not fit into one reply, are
    /// deferred. If the server defers all keys, the request is repeated after growing waits, within
    /// the deadline.
    ///
    /// - Throws: `DatastoreError`.
    public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      try options.checkMask()
      return try await begun(options, \.transaction) { options, deadline in
        var call = LookupCall(connection, format, options, until: deadline)
        do {
          return try await call.run(keys)
        } catch {
          if let begun = call.begun { try? await rollback(begun) }
          throw error
        }
      }
    }

    /// Runs a query and returns its first results, as many as the server sends in one reply.
    ///
    /// - Throws: `DatastoreError`.
    public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try options.checkMask(for: request)
      return try await begun(options, \.transaction) {
        try await query(request, $0, until: $1)
      }
    }

    /// Computes aggregations over the results of a query.
    ///
    /// - Throws: `DatastoreError`.
    public func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try await begun(options, \.transaction) {
        try await aggregate(request, $0, until: $1)
      }
    }

    /// Performs a read that may also begin its transaction. If the server cannot do both in one
    /// call, makes two.
    private func begun<Reply>(
      _ options: ReadOptions, _ name: WritableKeyPath<Reply, TransactionID?>,
      _ read: (ReadOptions, ContinuousClock.Instant) async throws -> Reply
    ) async throws -> Reply {
      let deadline = connection.deadline
      guard case .begin(let mode)? = options.transaction,
        !configuration.beginsTransactionsWithReads
      else { return try await read(options, deadline) }
      let begun = try await beginTransaction(mode, until: deadline)
      do {
        var running = options
        running.consistency = .transaction(.running(begun))
        var reply = try await read(running, deadline)
        reply[keyPath: name] = begun
        return reply
      } catch {
        // The caller never learns of this transaction, so end it here.
        try? await rollback(begun)
        throw error
      }
    }

    /// Commits up to 500 mutations atomically. They are durable when the method returns.
    ///
    /// - Throws: `DatastoreError`. Nothing was written, unless its code `leavesWritesInDoubt`.
    public func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      guard mutations.count <= Limits.commitMutations else {
        throw DatastoreError(
          .invalidArgument,
          """
          A commit may have up to \(Limits.commitMutations) mutations; this one has \
          \(mutations.count). Split it.
          """)
      }
      var request = Wire.CommitRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.mode = .transactional
      // Outside of transactions, one that begins and ends with the commit makes the commit atomic.
      let transaction = transaction ?? .begin(.readWrite())
      switch transaction {
      case .running(let transaction): request.transaction = .init(transaction.bytes)
      case .begin(let mode):
        if mode.isReadOnly {
          throw DatastoreError(
            .invalidArgument,
            "A read-only transaction has nothing to commit. Roll the transaction back.")
        }
        if mutations.isEmpty { return CommitReply(keys: []) }
        request.singleUseTransaction = format.encode(mode)
      }
      let steps = mutations.flatMap(\.steps)
      request.mutations = steps.map(format.encode)
      let reply: Wire.CommitResponse = try await connection.call(
        .commit, request, .commit(mutations, in: transaction))
      return try format.decode(reply, for: steps).joined(to: mutations)
    }

    /// The time limit of a rollback. The caller waits for it, and the server ends an abandoned
    /// transaction by itself.
    private static let rollbackTime = Duration.seconds(5)

    /// Rolls a transaction back, within 5 s.
    ///
    /// - Throws: `DatastoreError` if the server cannot be reached or does not know the transaction.
    public func rollback(_ transaction: TransactionID) async throws {
      var request = Wire.RollbackRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.transaction = .init(transaction.bytes)
      let _: Wire.RollbackResponse = try await connection.call(
        .rollback, request, RetryPlan(.idempotent),
        until: min(connection.deadline, .now + Self.rollbackTime))
    }

    /// Completes up to 500 incomplete keys with IDs that are never given out again.
    ///
    /// - Throws: `DatastoreError`.
    public func allocateIDs(for keys: [Key]) async throws -> [Key] {
      try Self.check(keys, areComplete: false)
      if keys.isEmpty { return [] }
      var request = Wire.AllocateIdsRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.keys = keys.map(format.encode)
      // IDs that nobody uses do no harm.
      let reply: Wire.AllocateIdsResponse = try await connection.call(
        .allocateIds, request, RetryPlan(.idempotent))
      var completed: [Key] = []
      for message in reply.keys { completed.append(try format.decode(message)) }
      guard completed.count == keys.count, completed.allSatisfy(\.isComplete) else {
        throw DatastoreError(
          .internal,
          "The server was asked for \(keys.count) IDs and sent \(completed.count) keys.")
      }
      return completed
    }

    /// Reserves the IDs of up to 500 keys, so that they are never given to incomplete keys.
    ///
    /// - Throws: `DatastoreError`.
    public func reserveIDs(_ keys: [Key]) async throws {
      try Self.check(keys, areComplete: true)
      // The server assigns no names, and accepts none here.
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
          .invalidArgument,
          """
          IDs can be allocated or reserved for up to \(limit) keys at once; this call has \
          \(keys.count). Split it.
          """
        )
      }
      if let key = keys.first(where: { $0.isComplete != areComplete }) {
        throw DatastoreError(
          .invalidArgument,
          areComplete
            ? "This key has no ID to reserve."
            : "This key already has an ID or a name.",
          key: key)
      }
    }
  }
#endif

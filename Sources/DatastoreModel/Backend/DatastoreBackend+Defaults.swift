// SPDX-License-Identifier: Apache-2.0
/// Default implementations for a backend without transactions, or without IDs in advance. Each
/// throws an error that says what the backend lacks.
extension DatastoreBackend {
  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    throw Self.lacks("has no transactions")
  }

  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func rollback(_ transaction: TransactionID) async throws {
    throw Self.lacks("has no transactions")
  }

  /// Throws `failedPrecondition`, because this backend allocates no IDs.
  public func allocateIDs(for keys: [Key]) async throws -> [Key] {
    throw Self.lacks("allocates no IDs")
  }

  /// Throws `failedPrecondition`, because this backend reserves no IDs.
  public func reserveIDs(_ keys: [Key]) async throws { throw Self.lacks("reserves no IDs") }

  fileprivate static func lacks(_ what: String) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      "The backend \(Self.self) \(what). Use another, such as SQLiteBackend.")
  }
}

/// Calls of the present state, outside of transactions.
extension DatastoreBackend {
  /// Reads up to 1,000 entities as they are now.
  public func lookup(_ keys: [Key]) async throws -> LookupReply {
    try await lookup(keys, options: ReadOptions())
  }

  /// Runs a query on the present state.
  public func query(_ request: QueryRequest) async throws -> QueryReply {
    try await query(request, options: ReadOptions())
  }

  /// Computes aggregations over the present state.
  public func aggregate(_ request: AggregationRequest) async throws -> AggregationReply {
    try await aggregate(request, options: ReadOptions())
  }

  /// Commits up to 500 mutations atomically, outside of transactions.
  public func commit(_ mutations: [Mutation]) async throws -> CommitReply {
    try await commit(mutations, in: nil)
  }
}

/// Reads in transactions.
extension DatastoreBackend {
  /// Reads up to 1,000 entities inside a transaction.
  public func lookup(
    _ keys: [Key], in transaction: TransactionSelector
  ) async throws -> LookupReply {
    try await lookup(keys, options: ReadOptions(.transaction(transaction)))
  }

  /// Runs a query inside a transaction.
  public func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply {
    try await query(request, options: ReadOptions(.transaction(transaction)))
  }

  /// Computes aggregations inside a transaction.
  public func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply {
    try await aggregate(request, options: ReadOptions(.transaction(transaction)))
  }
}

extension ReadOptions {
  /// Refuses what a backend without transactions, earlier states and explanations cannot answer.
  ///
  /// Such a backend begins each of its reads with this call.
  ///
  /// - Parameter backend: the backend, for the message.
  /// - Throws: ``DatastoreError`` with `failedPrecondition`.
  public func requirePresent(for backend: any DatastoreBackend.Type) throws(DatastoreError) {
    switch consistency {
    case .strong, .eventual: break
    case .transaction: throw backend.lacks("has no transactions")
    case .readTime: throw backend.lacks("keeps no earlier states")
    }
    if explainOptions != nil { throw backend.lacks("explains no queries") }
  }

  /// Checks the mask of a read. Only `__key__` may be reserved.
  package static func check(_ mask: [String]?) throws(DatastoreError) {
    try Limits.check(mask: mask, key: nil)
  }

  /// Checks the mask of a query, which a projection must not have.
  package func check(_ request: QueryRequest) throws(DatastoreError) {
    try Self.check(propertyMask)
    guard propertyMask == nil || request.projection.isEmpty else {
      throw DatastoreError(
        .invalidArgument,
        "The query has both a projection and a property mask. Leave out one of them.")
    }
  }
}

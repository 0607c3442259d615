// SPDX-License-Identifier: Apache-2.0
/// Default implementations for a backend without transactions, or without IDs in advance. Each
/// throws an error that says what the backend lacks.
extension DatastoreBackend {
  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    throw Self.lacks("has no transactions")
  }

  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func lookup(
    _ keys: [Key], in transaction: TransactionSelector
  ) async throws -> LookupReply {
    throw Self.lacks("has no transactions")
  }

  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply {
    throw Self.lacks("has no transactions")
  }

  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply {
    throw Self.lacks("has no transactions")
  }

  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector
  ) async throws -> CommitReply {
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

  private static func lacks(_ what: String) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      "The backend \(Self.self) \(what). Use another, such as SQLiteBackend.")
  }
}

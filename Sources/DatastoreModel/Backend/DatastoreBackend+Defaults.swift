/// A backend that has no transactions, or gives no IDs in advance, leaves these out: programs that
/// ask for them get an error that says so.
extension DatastoreBackend {
  /// Fails: this backend has no transactions.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    throw Self.lacks("transactions")
  }

  /// Fails: this backend has no transactions.
  public func lookup(
    _ keys: [Key], in transaction: TransactionSelector
  ) async throws -> LookupReply {
    throw Self.lacks("transactions")
  }

  /// Fails: this backend has no transactions.
  public func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply {
    throw Self.lacks("transactions")
  }

  /// Fails: this backend has no transactions.
  public func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply {
    throw Self.lacks("transactions")
  }

  /// Fails: this backend has no transactions.
  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector
  ) async throws -> CommitReply {
    throw Self.lacks("transactions")
  }

  /// Fails: this backend has no transactions.
  public func rollback(_ transaction: TransactionID) async throws {
    throw Self.lacks("transactions")
  }

  /// Fails: this backend gives no IDs in advance.
  public func allocateIDs(for keys: [Key]) async throws -> [Key] {
    throw Self.lacks("IDs in advance")
  }

  /// Fails: this backend reserves no IDs.
  public func reserveIDs(_ keys: [Key]) async throws { throw Self.lacks("reserved IDs") }

  private static func lacks(_ what: String) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      "The backend \(Self.self) has no \(what). Use another, such as SQLiteBackend.")
  }
}

/// What a lookup found. The order of its lists means nothing.
public struct LookupReply: Sendable {
  /// The entities that exist.
  public var found: [Entity]
  /// Keys the backend did not get to; ask again.
  public var deferred: [Key]
  /// Keys that could not be read while others could, and why; their futures alone fail.
  public var failures: [Key: DatastoreError]
  /// The transaction that began with the lookup.
  public var transaction: TransactionID?

  /// Makes a reply.
  public init(
    found: [Entity], deferred: [Key] = [], failures: [Key: DatastoreError] = [:],
    transaction: TransactionID? = nil
  ) {
    self.found = found
    self.deferred = deferred
    self.failures = failures
    self.transaction = transaction
  }
}

/// What a commit did.
public struct CommitReply: Sendable {
  /// The keys of the entities changed, one a mutation, in order; complete even where the mutation's
  /// was not.
  public var keys: [Key]

  /// Makes a reply.
  public init(keys: [Key]) { self.keys = keys }
}

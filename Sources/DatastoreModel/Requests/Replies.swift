// SPDX-License-Identifier: Apache-2.0
/// The reply to a lookup. Its lists have no particular order.
public struct LookupReply: Sendable {
  /// The entities that exist.
  public var found: [Entity]
  /// Keys that the backend has not looked up. The caller sends them again.
  public var deferred: [Key]
  /// Keys that could not be read, with the reason. Only their futures fail.
  public var failures: [Key: DatastoreError]
  /// The transaction that began with this request, if one did.
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

/// The reply to a commit.
public struct CommitReply: Sendable {
  /// The complete keys of the changed entities, one for each mutation, in order.
  public var keys: [Key]

  /// Makes a reply.
  public init(keys: [Key]) { self.keys = keys }
}

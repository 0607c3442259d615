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
  /// The time whose state was read. `nil` if the backend does not say.
  public var readTime: Timestamp?
  /// The version of the state that was read: no entity in it has a greater ``Entity/version``.
  /// `nil` if the backend does not say.
  public var snapshotVersion: Int64?

  /// Makes a reply.
  public init(
    found: [Entity], deferred: [Key] = [], failures: [Key: DatastoreError] = [:],
    transaction: TransactionID? = nil, readTime: Timestamp? = nil
  ) {
    self.found = found
    self.deferred = deferred
    self.failures = failures
    self.transaction = transaction
    self.readTime = readTime
  }
}

/// What a commit did with one mutation.
public struct MutationResult: Sendable, Hashable {
  /// The complete key of the changed entity.
  public var key: Key
  /// The version of the entity afterwards. `nil` if the backend does not say.
  ///
  /// For an entity that does not exist afterwards, it is later than any version before.
  public var version: Int64?
  /// When the entity was created. `nil` if it does not exist afterwards, or the backend does not
  /// say.
  public var createTime: Timestamp?
  /// When the entity was written last. `nil` as for ``createTime``.
  public var updateTime: Timestamp?
  /// Whether a conflict was found, so that the mutation was not written.
  public var conflictDetected: Bool
  /// What each transform computed, in order. Null for those of arrays.
  public var transformResults: [Value]
  /// The results of the mutation's ``Mutation/earlier`` changes.
  public var earlier: [MutationResult] = []

  /// Makes a result.
  public init(
    _ key: Key, version: Int64? = nil, createTime: Timestamp? = nil, updateTime: Timestamp? = nil,
    conflictDetected: Bool = false, transformResults: [Value] = []
  ) {
    self.key = key
    self.version = version
    self.createTime = createTime
    self.updateTime = updateTime
    self.conflictDetected = conflictDetected
    self.transformResults = transformResults
  }
}

/// The reply to a commit.
public struct CommitReply: Sendable {
  /// One result for each mutation, in order.
  public var results: [MutationResult]
  /// When the mutations took effect. `nil` if the backend does not say.
  public var commitTime: Timestamp?
  /// How many entries of indexes the commit added and removed. `nil` if the backend does not say.
  public var indexUpdates: Int?

  /// Makes a reply.
  public init(results: [MutationResult], commitTime: Timestamp? = nil) {
    self.results = results
    self.commitTime = commitTime
  }

  /// Makes the reply of a backend without versions and times.
  public init(keys: [Key]) { self.init(results: keys.map { MutationResult($0) }) }

  /// The complete keys of the changed entities, one for each mutation, in order.
  public var keys: [Key] { results.map(\.key) }
}

extension CommitReply {
  /// The reply for mutations, of which this one has the results of all ``Mutation/steps``.
  package func joined(to mutations: [Mutation]) -> CommitReply {
    guard results.count > mutations.count else { return self }
    var joined = self
    joined.results = []
    var rest = results[...]
    for mutation in mutations {
      let earlier = rest.prefix(mutation.earlier.count)
      rest = rest.dropFirst(earlier.count)
      guard var result = rest.popFirst() else { break }
      result.earlier = Array(earlier)
      joined.results.append(result)
    }
    return joined
  }
}

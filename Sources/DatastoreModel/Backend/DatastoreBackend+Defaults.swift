// SPDX-License-Identifier: Apache-2.0
/// Default implementations for a backend without transactions, or without IDs in advance. Each
/// throws an error that says what the backend lacks.
extension DatastoreBackend {
  /// Throws `failedPrecondition`, because this backend has no transactions.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
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

  fileprivate static func lacks(_ what: String) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      "The backend \(Self.self) \(what). Use another, such as SQLiteBackend.")
  }
}

/// Reads with options, through the methods without. There are neither transactions nor the past.
extension DatastoreBackend {
  /// Reads entities through ``lookup(_:)``.
  public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    try ReadOptions.check(options.propertyMask)
    try Self.requirePresent(options)
    var reply = try await lookup(keys)
    if let mask = options.propertyMask.map({ PropertyMask($0) }) {
      reply.found = reply.found.map(mask.applied(to:))
    }
    return reply
  }

  /// Runs a query through ``query(_:)``.
  public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    try options.check(request)
    try options.requireNoExplanation(Self.self)
    try Self.requirePresent(options)
    var reply = try await query(request)
    reply.mask(options.propertyMask)
    return reply
  }

  /// Computes aggregations through ``aggregate(_:)``.
  public func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    try options.requireNoExplanation(Self.self)
    try Self.requirePresent(options)
    return try await aggregate(request)
  }

  private static func requirePresent(_ options: ReadOptions) throws(DatastoreError) {
    switch options.consistency {
    case .strong, .eventual: return
    case .transaction: throw lacks("has no transactions")
    case .readTime: throw lacks("keeps no earlier states")
    }
  }
}

/// Reads in transactions, through the methods with options.
extension DatastoreBackend {
  /// Reads entities inside a transaction, through ``lookup(_:options:)``.
  public func lookup(
    _ keys: [Key], in transaction: TransactionSelector
  ) async throws -> LookupReply {
    try await lookup(keys, options: ReadOptions(.transaction(transaction)))
  }

  /// Runs a query inside a transaction, through ``query(_:options:)``.
  public func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply {
    try await query(request, options: ReadOptions(.transaction(transaction)))
  }

  /// Computes aggregations inside a transaction, through ``aggregate(_:options:)``.
  public func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply {
    try await aggregate(request, options: ReadOptions(.transaction(transaction)))
  }
}

extension QueryReply {
  /// Keeps only the properties of a mask.
  package mutating func mask(_ paths: [String]?) {
    guard let mask = paths.map({ PropertyMask($0) }) else { return }
    for index in items.indices { items[index].entity = mask.applied(to: items[index].entity) }
  }
}

extension ReadOptions {
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

  fileprivate func requireNoExplanation(
    _ backend: any DatastoreBackend.Type
  ) throws(DatastoreError) {
    if explainOptions == nil { return }
    throw DatastoreError(
      .failedPrecondition,
      "The backend \(backend) explains no queries. Use another, such as SQLiteBackend.")
  }
}

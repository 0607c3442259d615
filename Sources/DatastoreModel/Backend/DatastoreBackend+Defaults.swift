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

/// Reads with options, through the methods without.
extension DatastoreBackend {
  /// Reads entities through ``lookup(_:)`` or ``lookup(_:in:)``.
  public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    try ReadOptions.check(options.propertyMask)
    var reply: LookupReply
    switch options.consistency {
    case .strong, .eventual: reply = try await lookup(keys)
    case .transaction(let selector): reply = try await lookup(keys, in: selector)
    case .readTime(let time):
      reply = try await reading(at: time, \.transaction) { try await lookup(keys, in: $0) }
    }
    if let mask = options.propertyMask.map({ PropertyMask($0) }) {
      reply.found = reply.found.map(mask.applied(to:))
    }
    return reply
  }

  /// Runs a query through ``query(_:)`` or ``query(_:in:)``.
  public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    try options.check(request)
    try options.requireNoExplanation(Self.self)
    var reply: QueryReply
    switch options.consistency {
    case .strong, .eventual: reply = try await query(request)
    case .transaction(let selector): reply = try await query(request, in: selector)
    case .readTime(let time):
      reply = try await reading(at: time, \.transaction) { try await query(request, in: $0) }
    }
    reply.mask(options.propertyMask)
    return reply
  }

  /// Computes aggregations through ``aggregate(_:)`` or ``aggregate(_:in:)``.
  public func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    try options.requireNoExplanation(Self.self)
    switch options.consistency {
    case .strong, .eventual: return try await aggregate(request)
    case .transaction(let selector): return try await aggregate(request, in: selector)
    case .readTime(let time):
      return try await reading(at: time, \.transaction) { try await aggregate(request, in: $0) }
    }
  }

  /// Reads in a transaction of its own that sees the state of a time.
  private func reading<Reply>(
    at time: Timestamp, _ name: WritableKeyPath<Reply, TransactionID?>,
    _ read: (TransactionSelector) async throws -> Reply
  ) async throws -> Reply {
    var reply = try await read(.begin(.readOnly(asOf: time)))
    if let begun = reply[keyPath: name] { try? await rollback(begun) }
    reply[keyPath: name] = nil
    return reply
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

/// The engine below a ``Datastore``: each method is one RPC.
///
/// A backend may be called from many tasks at once. It fails with ``DatastoreError``; other errors
/// reach the callers' futures as they are.
public protocol DatastoreBackend: Sendable {
  /// Reads up to 1,000 entities.
  ///
  /// Keys that come in neither list of the reply have no entity. The caller sends no key twice in one
  /// call, sends complete keys only, and asks again for those deferred. A reply that defers every
  /// key it was asked for makes no progress and is treated as a failure.
  ///
  /// - Throws: ``DatastoreError`` if the read as a whole failed.
  func lookup(_ keys: [Key]) async throws -> LookupReply

  /// Writes up to 500 mutations, all or none; durable when it returns.
  ///
  /// The caller never sends two mutations of one key in one call, and has checked ``Limits``.
  ///
  /// - Throws: ``DatastoreError``; then nothing was written, except with `unavailable` and
  ///   `deadlineExceeded`, where nobody knows.
  func commit(_ mutations: [Mutation]) async throws -> CommitReply

  /// Finds entities: as many as the backend gets to in one go, in order.
  ///
  /// The caller has checked the request, and asks again from the reply's cursor, with what is left of
  /// limit and offset, while the reply says `notFinished`; such a reply has results or has skipped
  /// some. What a request means is said at ``Query`` and ``Filter``; the reference model of the
  /// contract suite says it in code.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for a request that breaks a rule, or a cursor
  ///   that is not one of this query's.
  func query(_ request: QueryRequest) async throws -> QueryReply

  /// Computes over a query's results.
  ///
  /// - Throws: As ``query(_:)``.
  func aggregate(_ request: AggregationRequest) async throws -> AggregationReply

  /// Ends all work and frees what the backend holds.
  ///
  /// - Throws: ``DatastoreError`` if something could not be closed in good order.
  func close() async throws
}

/// One change of one entity.
public enum Mutation: Sendable, Hashable {
  /// Writes an entity whose key must not exist yet; one with an incomplete key gets an ID.
  case insert(Entity)
  /// Writes an entity whose key must exist.
  case update(Entity)
  /// Writes an entity whether or not its key exists; one with an incomplete key gets an ID.
  case upsert(Entity)
  /// Removes the entity of this key, if there is one.
  case delete(Key)

  /// The key it changes; `nil` for an entity without key, which no backend accepts.
  public var key: Key? {
    switch self {
    case .insert(let entity), .update(let entity), .upsert(let entity): entity.key
    case .delete(let key): key
    }
  }

  /// The entity it writes; `nil` for a deletion.
  public var entity: Entity? {
    switch self {
    case .insert(let entity), .update(let entity), .upsert(let entity): entity
    case .delete: nil
    }
  }
}

/// What a lookup found. The order of neither list means anything.
public struct LookupReply: Sendable {
  /// The entities that exist.
  public var found: [Entity]
  /// Keys the backend did not get to; ask again.
  public var deferred: [Key]

  /// Makes a reply.
  public init(found: [Entity], deferred: [Key] = []) {
    self.found = found
    self.deferred = deferred
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

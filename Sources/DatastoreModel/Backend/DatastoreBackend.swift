/// The engine below a ``Datastore``: each method is one RPC.
///
/// A backend may be called from many tasks at once. It fails with ``DatastoreError``; other errors
/// reach the callers' futures as they are.
public protocol DatastoreBackend: Sendable {
  /// Reads up to 1,000 entities.
  ///
  /// Keys that come nowhere in the reply have no entity. The caller sends no key twice in one
  /// call, sends complete keys only, and asks again for those deferred. A reply that defers every
  /// key it was asked for makes no progress and is treated as a failure.
  ///
  /// - Throws: ``DatastoreError`` if the read as a whole failed.
  func lookup(_ keys: [Key]) async throws -> LookupReply

  /// Writes up to 500 mutations, all or none; durable when it returns.
  ///
  /// The caller never sends two mutations of one key in one call, and has checked ``Limits``.
  ///
  /// - Throws: ``DatastoreError``; then nothing was written, except with a code that
  ///   ``DatastoreError/Code/leavesWritesInDoubt``. After `tooLarge` the caller sends it in two halves.
  func commit(_ mutations: [Mutation]) async throws -> CommitReply

  /// Finds entities: as many as the backend gets to in one go, in order.
  ///
  /// The caller has checked the request, and asks again from the reply's cursor, with what is left of
  /// limit and offset, while the reply says `notFinished`; such a reply has results, has skipped some,
  /// or ends at another cursor than it began with. What a request means is said at ``Query`` and ``Filter``; the reference model of the
  /// contract suite says it in code.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for a request that breaks a rule, or a cursor
  ///   that is not one of this query's.
  func query(_ request: QueryRequest) async throws -> QueryReply

  /// Computes over a query's results.
  ///
  /// - Throws: As ``query(_:)``.
  func aggregate(_ request: AggregationRequest) async throws -> AggregationReply

  /// Begins a transaction: the API's `BeginTransaction`.
  ///
  /// All reads of a transaction see one state of the datastore, and none of its own writes, which the
  /// caller keeps back and sends with the commit. Transactions that write are serialisable: one that
  /// commits has the effect it would have had alone at some moment between its beginning and
  /// the end of its commit, entities included that its queries did not find because they were not
  /// there. Read-only transactions see one state, hold up no one, and have nothing to commit: `rollback`
  /// ends them.
  ///
  /// A backend may end a transaction that was left alone for longer than a minute.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for a time it does not keep.
  func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID

  /// Reads up to 1,000 entities inside a transaction.
  ///
  /// As ``lookup(_:)``; what is deferred is asked for in the same transaction, which the reply names
  /// where it has begun one.
  ///
  /// - Throws: ``DatastoreError``; `aborted` if the transaction has met another one and cannot
  ///   commit any more: it is over, and may be tried again from its beginning. `invalidArgument`
  ///   for a transaction that is unknown or over.
  func lookup(_ keys: [Key], in transaction: TransactionSelector) async throws -> LookupReply

  /// Finds entities inside a transaction.
  ///
  /// As ``query(_:)``; a query that is not finished goes on in the same transaction, which the reply
  /// names where it has begun one.
  ///
  /// - Throws: As ``query(_:)`` and ``lookup(_:in:)``.
  func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply

  /// Computes over a query's results inside a transaction, which the reply names where it has begun
  /// one.
  ///
  /// - Throws: As ``query(_:in:)``.
  func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply

  /// Commits a transaction: up to 500 mutations, all or none, if what it has read still holds;
  /// durable when it returns.
  ///
  /// As ``commit(_:)`` otherwise: no two mutations are of one key. A transaction that begins with its
  /// commit has read nothing, and meets others in its own mutations alone. One without mutations may
  /// be committed. Nothing else of the transaction is under way.
  ///
  /// - Throws: ``DatastoreError``; `aborted` if another transaction was faster: nothing was written,
  ///   and the whole transaction may be tried again. `invalidArgument` for a read-only transaction, one
  ///   that is unknown, or one that is over. After `aborted` and after success the transaction is
  ///   over; after other errors the caller rolls it back. With a code that
  ///   ``DatastoreError/Code/leavesWritesInDoubt`` nobody knows whether it was written.
  func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector
  ) async throws -> CommitReply

  /// Gives a transaction up. One that is over is left as it is; the caller takes no notice of how it
  /// fails.
  ///
  /// - Throws: ``DatastoreError`` if the backend could not be told.
  func rollback(_ transaction: TransactionID) async throws

  /// Completes up to 500 incomplete keys with IDs that are given to nobody else, now or later.
  ///
  /// They differ from those of all entities of the same parent and kind, of all IDs allocated and
  /// reserved before, by any process, and of all that incomplete keys get in commits; and they are
  /// scattered over a large range, so that neighbours in time are no neighbours in an index.
  ///
  /// - Returns: The keys, one each, in order.
  /// - Throws: ``DatastoreError``; `invalidArgument` for over 500 keys, or one that is complete.
  func allocateIDs(for keys: [Key]) async throws -> [Key]

  /// Sees to it that these keys' IDs are never given to incomplete keys; up to 500.
  ///
  /// To be called before entities with IDs from elsewhere, such as those of a restored copy, are
  /// written bit by bit. Names are never given, so a key that ends with one is taken as it is.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for over 500 keys, or an incomplete one.
  func reserveIDs(_ keys: [Key]) async throws

  /// Ends all work and frees what the backend holds.
  ///
  /// - Throws: ``DatastoreError`` if something could not be closed in good order.
  func close() async throws
}

/// The engine below a `Datastore`. Each method is one RPC.
///
/// A backend may be called from many tasks at once. It fails with ``DatastoreError``. Other errors
/// reach the callers' futures unchanged.
public protocol DatastoreBackend: Sendable {
  /// Reads up to 1,000 entities.
  ///
  /// A key that is nowhere in the reply has no entity. The caller sends complete keys only, sends
  /// no key twice in one call, and asks again for the deferred ones. A reply that defers every key
  /// makes no progress and counts as a failure.
  ///
  /// - Throws: ``DatastoreError`` if the whole read failed.
  func lookup(_ keys: [Key]) async throws -> LookupReply

  /// Writes up to 500 mutations, all or none. They are durable when it returns.
  ///
  /// The caller never sends two mutations of one key in one call, and has checked ``Limits``.
  ///
  /// - Throws: ``DatastoreError``. Then nothing was written, except with a code that
  ///   ``DatastoreError/Code/leavesWritesInDoubt``. After `tooLarge` the caller sends the mutations
  ///   in two halves.
  func commit(_ mutations: [Mutation]) async throws -> CommitReply

  /// Finds entities in order, as many as fit one reply.
  ///
  /// The caller has checked the request. While the reply says `notFinished`, the caller asks again
  /// from the reply's cursor, with what is left of limit and offset. Such a reply has results, or
  /// has skipped some, or ends at another cursor than the one at which it began. `Query` and
  /// `Filter` of ArrivalDatastore say what a request means, and the reference model of the contract
  /// suite says it in code.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for a request that breaks a rule, or for the
  ///   cursor of another query.
  func query(_ request: QueryRequest) async throws -> QueryReply

  /// Computes over a query's results.
  ///
  /// - Throws: As ``query(_:)``.
  func aggregate(_ request: AggregationRequest) async throws -> AggregationReply

  /// Begins a transaction: the API's `BeginTransaction`.
  ///
  /// All reads of a transaction see one state of the datastore, and none of its own writes: the
  /// caller keeps those, and sends them with the commit. Transactions that write are serialisable.
  /// One that commits has the effect that it would have had alone at some moment between its
  /// beginning and the end of its commit. That includes entities that its queries did not find
  /// because they did not exist. Read-only transactions see one state, block nobody, and have
  /// nothing to commit; `rollback` ends them.
  ///
  /// A backend may end a transaction that was idle for more than a minute.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for a read time that the backend does not
  ///   keep.
  func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID

  /// Reads up to 1,000 entities inside a transaction, otherwise as ``lookup(_:)``.
  ///
  /// The caller asks for deferred keys in the same transaction. If the lookup has begun it, the
  /// reply names it.
  ///
  /// - Throws: ``DatastoreError``; `aborted` if the transaction conflicted with another one and can
  ///   no longer commit. Then it is over, and may be tried again from its beginning.
  ///   `invalidArgument` for a transaction that is unknown or over.
  func lookup(_ keys: [Key], in transaction: TransactionSelector) async throws -> LookupReply

  /// Finds entities inside a transaction, otherwise as ``query(_:)``.
  ///
  /// The caller continues an unfinished query in the same transaction. If the query has begun it,
  /// the reply names it.
  ///
  /// - Throws: As ``query(_:)`` and ``lookup(_:in:)``.
  func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply

  /// Computes over a query's results inside a transaction. If this has begun it, the reply names
  /// it.
  ///
  /// - Throws: As ``query(_:in:)``.
  func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply

  /// Commits a transaction: up to 500 mutations, all or none, if everything it has read still
  /// holds.
  ///
  /// The mutations are durable when it returns. As in ``commit(_:)``, no two are of one key. A
  /// transaction that begins with its commit has read nothing, and conflicts only in its own
  /// mutations. A transaction without mutations may be committed. No other call of the transaction
  /// is under way.
  ///
  /// After success and after `aborted` the transaction is over. After other errors the caller rolls
  /// it back.
  ///
  /// - Throws: ``DatastoreError``; `aborted` if another transaction was faster: nothing was
  ///   written, and the whole transaction may be tried again. `invalidArgument` for a transaction
  ///   that is read-only, unknown or over. After a code that
  ///   ``DatastoreError/Code/leavesWritesInDoubt`` nobody knows whether it was written.
  func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector
  ) async throws -> CommitReply

  /// Gives up a transaction. One that is over stays as it is.
  ///
  /// The caller ignores errors of this call.
  ///
  /// - Throws: ``DatastoreError`` if the backend could not be told.
  func rollback(_ transaction: TransactionID) async throws

  /// Completes up to 500 incomplete keys with IDs that no other key gets, now or later.
  ///
  /// The IDs differ from those of all entities of the same parent and kind, from all IDs that any
  /// process allocated or reserved before, and from all that incomplete keys get in commits. They
  /// are scattered over a large range, so that IDs given one after the other are not neighbours in
  /// an index.
  ///
  /// - Returns: The completed keys in the order of the given ones.
  /// - Throws: ``DatastoreError``; `invalidArgument` for more than 500 keys, or for a complete one.
  func allocateIDs(for keys: [Key]) async throws -> [Key]

  /// Ensures that incomplete keys never get the IDs of these keys, up to 500.
  ///
  /// Call it before you write entities with IDs from elsewhere, such as those of a backup. Names
  /// are never given to incomplete keys, so a key that ends with a name is accepted and ignored.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for more than 500 keys, or for an incomplete
  ///   one.
  func reserveIDs(_ keys: [Key]) async throws

  /// Ends all work and frees what the backend holds.
  ///
  /// - Throws: ``DatastoreError`` if something could not be closed in good order.
  func close() async throws
}

// SPDX-License-Identifier: Apache-2.0
/// The engine below a `Datastore`. Each method is one RPC.
///
/// A backend may be called from many tasks at once. It fails with ``DatastoreError``. Other errors
/// reach the callers' futures unchanged.
public protocol DatastoreBackend: Sendable {
  /// Reads up to 1,000 entities.
  ///
  /// A key that is not in the reply has no entity. The caller sends only complete keys, sends no
  /// key twice in one call, and sends the deferred keys again in the same state. A reply that
  /// defers every key makes no progress and counts as a failure.
  ///
  /// The reply has the read time, at which another read finds the same entities, unless they come
  /// from a cache. A read that begins a transaction answers with its ID.
  ///
  /// - Parameters:
  ///   - keys: the keys.
  ///   - options: the state to read, and which properties. A backend that has no transactions or
  ///     keeps no earlier states calls ``ReadOptions/requirePresent(for:)``.
  /// - Throws: ``DatastoreError`` if the whole read failed; `invalidArgument` for a read time in
  ///   the future, or one whose state is no longer kept, and for a transaction that is unknown or
  ///   has ended; `aborted` if the transaction conflicted with another one. It has ended then and
  ///   cannot commit, but may be tried again from its beginning.
  func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply

  /// Runs a query and returns its first results, as many as fit into one reply.
  ///
  /// The caller has checked the request. While the reply says `notFinished`, the caller continues
  /// from the reply's cursor in the same state, with the rest of the limit and offset. Such a reply
  /// must make progress: it has results, or it has skipped results, or its end cursor differs from
  /// the start cursor. `Query` and `Filter` of ArrivalDatastore say what a request means, and the
  /// reference model of the contract suite says it in code.
  ///
  /// - Parameters:
  ///   - request: the query.
  ///   - options: the state to read, which properties, and whether to explain the query.
  /// - Throws: As ``lookup(_:options:)``; `invalidArgument` for a request that breaks a rule, or
  ///   for the cursor of another query.
  func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply

  /// Computes aggregations over the results of a query.
  ///
  /// - Parameters:
  ///   - request: the query and the aggregations.
  ///   - options: the state to read, and whether to explain the query.
  /// - Throws: As ``query(_:options:)``.
  func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply

  /// Begins a transaction: the API's `BeginTransaction`.
  ///
  /// All reads of a transaction see one state of the datastore. They see no writes of the
  /// transaction itself, which the caller keeps and sends with the commit. Transactions that write
  /// are serialisable. A committed transaction has the same effect as if it had run alone at one
  /// moment between its beginning and the end of its commit. This includes entities that its
  /// queries did not find because they did not exist. A read-only transaction blocks no other
  /// transaction and has nothing to commit. `rollback` ends it.
  ///
  /// A backend may end a transaction that was idle for more than a minute.
  ///
  /// - Throws: ``DatastoreError``; `invalidArgument` for a read time at which the backend cannot
  ///   read.
  func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID

  /// Commits up to 500 mutations atomically. They are durable when the method returns.
  ///
  /// The caller never sends two mutations of one key in one call, and has checked ``Limits``. An
  /// entity that masks and transforms have changed is checked by the backend. A mutation may have
  /// ``Mutation/earlier`` changes of its entity, which take effect before it; `MutationEffect` of
  /// DatastoreEngine applies them. There may be no mutations.
  ///
  /// A transaction commits only if everything it has read is unchanged. A transaction that begins
  /// with its commit has read nothing, so it can conflict only over its own mutations. No other
  /// call of the transaction is under way. It has ended after success and after `aborted`. After
  /// any other error the caller rolls it back.
  ///
  /// - Parameters:
  ///   - mutations: what to write.
  ///   - transaction: the transaction that the commit ends; `nil` outside of transactions.
  /// - Throws: ``DatastoreError``; `alreadyExists` for an insert, `notFound` for an update,
  ///   `failedPrecondition` for a conflict with the strategy `fail`; `aborted` if the transaction
  ///   conflicted with another one, and may be tried again; `invalidArgument` for a transaction
  ///   that is read-only, unknown or has ended. Nothing was written, unless the code
  ///   ``DatastoreError/Code/leavesWritesInDoubt``. After `tooLarge` outside of transactions the
  ///   caller sends the mutations in two halves.
  func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply

  /// Rolls back a transaction. Does nothing if the transaction has ended.
  ///
  /// The caller ignores errors of this call.
  ///
  /// - Throws: ``DatastoreError`` if the call failed.
  func rollback(_ transaction: TransactionID) async throws

  /// Completes up to 500 incomplete keys with IDs that no other key ever gets.
  ///
  /// The IDs differ from those of all entities of the same parent and kind, from all IDs that any
  /// process allocated or reserved before, and from all that incomplete keys get in commits. They
  /// are scattered over a large range, so that consecutive IDs are not neighbours in an index.
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

  /// Ends all work and frees the backend's resources.
  ///
  /// - Throws: ``DatastoreError`` if a resource could not be closed properly.
  func close() async throws
}

public import Arrival
internal import Synchronization

/// Entities in a backend, read and written through futures: many calls, few RPCs.
///
/// ```swift
/// let datastore = Datastore(backend: backend)
/// let keys = try await Future.all(users.map { datastore.put($0) }).value  // one commit a 500
/// let ann = try await datastore.get(keys[0]).value                        // an Entity?
/// ```
///
/// Every method returns at once with a `Future`. What is asked for together travels together: one
/// lookup for up to 1,000 keys, one commit for up to 500 mutations, and while a commit is under way
/// the next one grows.
///
/// ### What you may rely on
/// - A future of `put` or `delete` is done when the backend has made the change durable.
/// - Two changes of one key happen in the order in which they were asked for, each in a commit of its
///   own. Other keys are not held up by that.
/// - A `get` sees a change of the same key if the change's future was done before `get` was called.
///   Otherwise it may see the entity before or after: await the `put` first where it matters.
/// - What breaks a limit fails its own future, before anything is sent: see ``Limits``.
/// - When a commit fails, nothing of it was written, and all its futures fail with the same error;
///   with a code that ``DatastoreError/Code/leavesWritesInDoubt`` a remote backend may have written
///   all of it.
///
/// All methods may be called from any thread and task.
public final class Datastore: Sendable {
  /// How requests are put together.
  public struct Configuration: Sendable, Hashable {
    /// The Datastore API's limits, two commits and eight lookups at a time.
    public static let `default` = Configuration()

    /// For a server across a network: commits of up to 3 MiB, eight at a time.
    ///
    /// The bytes are counted as `Limits` counts them. The message is larger, and must stay under
    /// 4 MiB, the limit of some servers.
    public static let remote = Configuration(
      maxCommitBytes: 3 * 1_024 * 1_024, maxConcurrentCommits: 8)

    /// The most keys in one lookup, 1 to 1,000. Default 1,000.
    public var maxLookupKeys: Int
    /// The most mutations in one commit, 1 to 500. Default 500.
    public var maxCommitMutations: Int
    /// The most bytes of entities in one commit. Default 8 MiB, which leaves a request of at most
    /// 10 MiB room for its framing. A larger single entity travels alone.
    public var maxCommitBytes: Int
    /// The most lookups under way at once; `nil` for no limit. Default 8.
    public var maxConcurrentLookups: Int?
    /// The most commits under way at once; `nil` for no limit. Default 2: while one is written the next
    /// is made ready, and the one after that grows. Raise it for a remote backend, and for an import
    /// into `SQLiteBackend`, which writes those that wait together.
    public var maxConcurrentCommits: Int?
    /// The longest a request waits for company where quiescence cannot tell that none will come.
    /// Default 100 µs.
    public var maxDelay: Duration

    /// Makes a configuration; limits beyond the API's are lowered to it.
    public init(
      maxLookupKeys: Int = Limits.lookupKeys, maxCommitMutations: Int = Limits.commitMutations,
      maxCommitBytes: Int = 8 * 1_024 * 1_024, maxConcurrentLookups: Int? = 8,
      maxConcurrentCommits: Int? = 2, maxDelay: Duration = .microseconds(100)
    ) {
      self.maxLookupKeys = min(max(maxLookupKeys, 1), Limits.lookupKeys)
      self.maxCommitMutations = min(max(maxCommitMutations, 1), Limits.commitMutations)
      self.maxCommitBytes = min(max(maxCommitBytes, 1), Limits.requestBytes)
      self.maxConcurrentLookups = maxConcurrentLookups.map { max($0, 1) }
      self.maxConcurrentCommits = maxConcurrentCommits.map { max($0, 1) }
      self.maxDelay = max(maxDelay, .zero)
    }
  }

  /// What does the work.
  public let backend: any DatastoreBackend
  let configuration: Configuration
  private let reads: ReadPipeline
  let identifiers: Batcher<Key, Key>
  private let writes: WritePipeline
  let counters: Counters
  let executor: TaskletExecutor?
  let turns = TransactionTurns()
  private let underWay = RequestsUnderWay()
  private let isClosed = Atomic(false)

  /// Makes a datastore on a backend.
  ///
  /// - Parameters:
  ///   - backend: What does the work; ``close()`` closes it.
  ///   - configuration: How requests are put together.
  ///   - executor: Where the requests run; `nil` for the executor of the tasklet that asks first.
  public init(
    backend: any DatastoreBackend, configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil
  ) {
    self.backend = backend
    self.configuration = configuration
    let counters = Counters()
    self.counters = counters
    self.executor = executor
    reads = ReadPipeline("datastore lookups", configuration, executor) { keys in
      let bytes = keys.reduce(0) { $0 + $1.storageSize }
      return try await counters.count(.lookup, items: keys.count, bytes: bytes) {
        try await backend.lookup(keys)
      }
    }
    identifiers = Self.identifiers(backend, configuration, executor, counters)
    writes = WritePipeline(configuration, executor) { mutations, bytes in
      try await counters.count(.commit, items: mutations.count, bytes: bytes) {
        try await backend.commit(mutations)
      }
    }
  }

  /// Reads an entity.
  ///
  /// Inside of ``withContext(_:_:)`` what the request has read or written before is answered from
  /// memory, unless `fresh` is `true`, which asks the backend all the same.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails with ``DatastoreError``:
  ///   `invalidArgument` for a key that cannot be read, or what the backend says of the lookup.
  public func get(
    _ key: Key, fresh: Bool = false, function: StaticString = #function,
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Entity?> {
    do throws(DatastoreError) {
      try requireOpen()
      try Limits.check(lookup: key)
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
    guard let context = RequestContext.of(self) else {
      return reads.get(key, function, file, line)
    }
    return context.get(
      key, fresh: fresh, { reads.get(key, function, file, line) }, function, file, line)
  }

  /// Writes an entity, whether or not there is one of its key.
  ///
  /// - Returns: A future of the entity's key, with an ID of the backend's choice if it was
  ///   incomplete; done when the entity is durable. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an entity beyond the ``Limits``, or what the backend says of the commit.
  @discardableResult
  public func put(
    _ entity: Entity, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    write(.upsert(entity), function, file, line)
  }

  /// Removes the entity of a key, if there is one.
  ///
  /// - Returns: A future that is done when the removal is durable. It fails with ``DatastoreError``:
  ///   `invalidArgument` for a key that names nothing, or what the backend says of the commit.
  @discardableResult
  public func delete(
    _ key: Key, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    write(.delete(key), function, file, line)
      .map(function: function, file: file, line: line) { _ in }
  }

  private func write(
    _ mutation: Mutation, _ function: StaticString, _ file: StaticString, _ line: UInt
  ) -> Future<Key> {
    do throws(DatastoreError) {
      try requireOpen()
      let bytes = try Limits.check(mutation)
      let future = writes.write(mutation, bytes: bytes, function, file, line)
      RequestContext.wrote(mutation, future, self)
      return future
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
  }

  func requireOpen() throws(DatastoreError) {
    if isClosed.load(ordering: .acquiring) { throw Self.closed }
  }

  /// Counts a request that ``close()`` waits for, from the moment it is asked for.
  func enter() throws(DatastoreError) -> RequestsUnderWay.Entry {
    guard let entry = underWay.enter() else { throw Self.closed }
    return entry
  }

  private static var closed: DatastoreError {
    DatastoreError(
      .failedPrecondition, "The datastore is closed. Close it when all work has been asked for.")
  }

  /// What has been sent so far.
  public func statistics() -> Statistics {
    var statistics = counters.statistics
    statistics.heldMutations = writes.heldCount
    return statistics
  }

  /// Finishes what was asked for, then closes the backend; what is asked for later fails.
  ///
  /// Everything that gave a future is finished, with all the requests it takes. Of a query's sequence
  /// that is the page under way, whether somebody reads it or not: the loop has its results, and then
  /// fails with `failedPrecondition` if there are more. Not to be called inside a transaction, for
  /// whose end it would wait.
  ///
  /// - Throws: What the backend's `close` throws. A second call does nothing.
  public func close() async throws {
    if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
    underWay.close()
    await writes.drain()
    await reads.drain()
    await identifiers.flush()
    await underWay.drain()
    try await backend.close()
  }
}

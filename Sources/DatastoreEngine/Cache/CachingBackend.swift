// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// A backend whose gets are answered from a cache that several processes share, as NDB's global
/// cache.
///
/// ```swift
/// let backend = CachingBackend(cloud, cache: InMemorySharedCache(), database: "my-project/orders")
/// ```
///
/// Lookups outside of transactions read from the cache. Queries, transactions and lookups with
/// other options do not. A lookup after a commit has returned never gets what was before the
/// commit, from any process whose commits go through the cache:
///
/// - A commit locks its keys in the cache, and unlocks them when it is over. While a key is locked,
///   readers ask the backend below and keep nothing.
/// - A reader that finds nothing marks the key, reads, and keeps what it has read only if its mark
///   is still there. A commit that began meanwhile has replaced the mark.
/// - A commit that does not find its lock again removes what is there instead.
/// - If the process dies, or the outcome of a commit is unknown, the lock stays until it expires.
///
/// If the cache cannot be reached, lookups ask the backend below, and commits fail with
/// `unavailable` before anything is written. A commit that is durable and cannot reach the cache
/// any more tries for ``Configuration/unlockTime``, and then fails with `unavailable`, too. A write
/// that does not go through the cache makes it stale until the entity expires.
///
/// Before a commit has returned, readers may get either state of an entity. If the cache loses the
/// lock meanwhile, as by a restart, a reader may get the old state after another got the new one.
public final class CachingBackend: DatastoreBackend {
  /// How long things stay in the cache.
  public struct Configuration: Sendable, Hashable {
    /// How long an entity stays; an hour by default.
    public var timeToLive: Duration = .seconds(3_600)
    /// How long a lock stays if it is not removed; 64 seconds by default, as in NDB. It must be
    /// longer than any commit may take.
    public var lockTime: Duration = .seconds(64)
    /// How long a commit that is durable tries to reach the cache; 5 seconds by default.
    public var unlockTime: Duration = .seconds(5)

    /// The defaults.
    public init() {}
  }

  /// The backend below, which stores the data.
  public let backend: any DatastoreBackend
  private let cache: any SharedCache
  private let configuration: Configuration
  private let locks: CacheLocks
  /// What the names of all keys in the cache begin with.
  private let prefix: [UInt8]

  /// Makes a backend on top of another one.
  ///
  /// - Parameters:
  ///   - backend: The backend below, which stores the data.
  ///   - cache: The cache, which other databases may use, too.
  ///   - database: A name that no other database in the cache has, and that every process uses for
  ///     this one: for example, the project and the name of a database of the Cloud. Databases
  ///     with one name would read each other's entities.
  ///   - configuration: How long things stay in the cache.
  public convenience init(
    _ backend: any DatastoreBackend, cache: any SharedCache, database: String,
    configuration: Configuration = Configuration()
  ) {
    self.init(
      backend, cache: cache, database: database, configuration: configuration, now: { .now })
  }

  /// Makes a backend whose locks have the time of `now`.
  init(
    _ backend: any DatastoreBackend, cache: any SharedCache, database: String,
    configuration: Configuration, now: @escaping @Sendable () -> Timestamp
  ) {
    self.backend = backend
    self.cache = cache
    // With its length, so that no name and key look like another name and key.
    prefix = Array("\(database.utf8.count):\(database)".utf8)
    self.configuration = configuration
    locks = CacheLocks(cache: cache, time: configuration.lockTime, now: now)
  }

  private func name(_ key: Key) -> [UInt8] { prefix + KeyCodec.encode(key) }

  // MARK: Reading

  /// Reads entities, from the cache or from the backend below. A reply that has entities of the
  /// cache has no read time.
  public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    guard options == ReadOptions() else {
      return try await backend.lookup(keys, options: options)
    }
    try RequestRules.check(lookup: keys)
    let names = Dictionary(keys.map { ($0, name($0)) }) { first, _ in first }
    guard let known = try? await cache.get(Set(names.values)) else {
      return try await backend.lookup(keys)
    }
    var found: [Entity] = []
    var open: [Key] = []
    var markable: [[UInt8]: CacheEntry?] = [:]
    for key in keys {
      guard let name = names[key] else { continue }
      let entry = known[name]
      switch entry.flatMap({ CachedValue($0.value, for: key, name) }) {
      case .entity(let entity)?:
        if let entity { found.append(entity) }
        continue
      case .reading?, .writing?: break
      case .free?, nil: markable[name] = .some(entry)
      }
      open.append(key)
    }
    if open.isEmpty { return LookupReply(found: found) }
    let marks = await locks.mark(markable)
    var reply = try await backend.lookup(open)
    await keep(reply, of: open, names, marks)
    if !found.isEmpty { (reply.readTime, reply.snapshotVersion) = (nil, nil) }
    reply.found += found
    return reply
  }

  /// Keeps what was read, where the marks are still there.
  private func keep(
    _ reply: LookupReply, of keys: [Key], _ names: [Key: [UInt8]],
    _ marks: [[UInt8]: CacheEntry.Token]
  ) async {
    if marks.isEmpty { return }
    let unknown = Set(reply.deferred).union(reply.failures.keys)
    let found = Dictionary(reply.found.map { ($0.key, $0) }) { first, _ in first }
    var entries: [[UInt8]: CacheEntry] = [:]
    for key in keys where !unknown.contains(key) {
      guard let name = names[key], let token = marks[name],
        let value = CachedValue.entity(found[key]).encoded(for: name)
      else { continue }
      entries[name] = CacheEntry(value: value, token: token)
    }
    _ = try? await cache.replace(entries, expiresIn: configuration.timeToLive)
  }

  // MARK: Writing

  /// Commits mutations, while their keys are locked in the cache.
  ///
  /// - Throws: As the backend below; `unavailable` if the cache cannot be reached.
  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    try await locking(mutations) { try await backend.commit(mutations, in: transaction) }
  }

  private func locking(
    _ mutations: [Mutation], _ commit: () async throws -> CommitReply
  ) async throws -> CommitReply {
    // An incomplete key gets an ID that nobody has looked up with success.
    let names = Set(mutations.lazy.compactMap(\.key).filter(\.isComplete).map(name))
    let id = CachedValue.ID.random(in: .min ... .max)
    do {
      try await locks.lock(names, by: id)
    } catch {
      try? await locks.unlock(names, by: id)
      throw DatastoreError(
        .unavailable,
        """
        The entities could not be locked in the shared cache, so nothing was written. Try again \
        later.
        """, cause: error)
    }
    let reply: CommitReply
    do {
      reply = try await commit()
    } catch {
      // A commit that may still take effect needs its locks.
      let isOver = (error as? DatastoreError).map { !$0.code.leavesWritesInDoubt } ?? false
      if isOver { try? await locks.unlock(names, by: id) }
      throw error
    }
    // An ID of the backend's choice may have been looked up before it existed.
    let created = zip(mutations, reply.keys).filter { $0.0.key?.isComplete != true }
    try await end(commitOf: names, by: id, creating: Set(created.map { name($0.1) }))
    return reply
  }

  /// Makes sure that the cache has nothing from before a commit.
  private func end(
    commitOf names: Set<[UInt8]>, by id: CachedValue.ID, creating created: Set<[UInt8]>
  ) async throws {
    do {
      try await locks.insist(within: configuration.unlockTime) { locks in
        try await locks.unlock(names, by: id)
        if !created.isEmpty { try await locks.cache.remove(created) }
      }
    } catch {
      throw DatastoreError(
        .unavailable,
        """
        The entities were written, but the shared cache could not be told of it. Processes that \
        reach it may read the entities as they were before, until they expire. Write the entities \
        again later, or empty the cache.
        """, cause: error)
    }
  }

  // MARK: What does not use the cache

  public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    try await backend.query(request, options: options)
  }

  public func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    try await backend.aggregate(request, options: options)
  }

  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    try await backend.beginTransaction(mode)
  }

  public func rollback(_ transaction: TransactionID) async throws {
    try await backend.rollback(transaction)
  }

  public func allocateIDs(for keys: [Key]) async throws -> [Key] {
    try await backend.allocateIDs(for: keys)
  }

  public func reserveIDs(_ keys: [Key]) async throws { try await backend.reserveIDs(keys) }

  public func close() async throws { try await backend.close() }
}

// SPDX-License-Identifier: Apache-2.0
extension Batcher {
  /// The future of one key's value. Returns at once; the key leaves with the next batch.
  ///
  /// If `maxQueued` loads are queued already, the future fails with ``BatcherOverloaded``. If the
  /// batcher has a cache and the cache has the key, the future has the outcome of the earlier load.
  /// Cancelling it affects no other load.
  ///
  /// - Parameters:
  ///   - key: what to load.
  ///   - limit: how long it may take. When the time is up, this future fails with ``TimeoutError``;
  ///     other loads of the same key go on. A call is cancelled when none of its futures waits for
  ///     it any more. ``BatchCall/remainingTime()`` tells the operation when that will be at the
  ///     latest.
  ///   - function: the function that loads. Leave it out.
  ///   - file: its file. Leave it out.
  ///   - line: its line. Leave it out.
  @inlinable
  public func load(
    _ key: Key, within limit: Duration? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    load(key, lane: nil, limit, SourceSite(function: function, file: file, line: line))
  }

  /// The future of one key's value, in a lane: keys of different lanes never share a batch.
  ///
  /// A lane is anything that has to be the same for all keys of one call: a read policy, a tenant,
  /// a transaction. The operation finds it in ``BatchCall``. Two lanes are the same if their values
  /// are equal and of one type: the `Int` 1 and the `Int8` 1 are two. `nil` is no lane, also if the
  /// value is an optional of any type.
  ///
  /// The batches of a lane leave in the order in which they were opened, and lanes whose batches
  /// wait take turns. Loads with a lane use no cache.
  @inlinable
  public func load(
    _ key: Key, lane: (any Hashable & Sendable)?, within limit: Duration? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    load(key, lane: .of(lane), limit, SourceSite(function: function, file: file, line: line))
  }

  /// The futures of several keys' values, in the order of the keys.
  @inlinable
  public func load(
    contentsOf keys: some Sequence<Key>, within limit: Duration? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> [Future<Value>] {
    let site = SourceSite(function: function, file: file, line: line)
    return keys.map { load($0, lane: nil, limit, site) }
  }

  /// The future of one key's value, as soon as fewer than `maxQueued` loads are queued.
  ///
  /// Suspends until there is room. The load that has waited longest goes first.
  ///
  /// ```swift
  /// var futures: [Future<User>] = []
  /// for id in newIDs { futures.append(try await users.loadWhenReady(id)) }
  /// ```
  ///
  /// - Throws: `CancellationError` as soon as the waiting task is cancelled; ``DeadlockError`` if
  ///   room cannot come before the calling operation ends. The key is not loaded then.
  public nonisolated(nonsending) func loadWhenReady(
    _ key: Key, within limit: Duration? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) async throws -> Future<Value> {
    let site = SourceSite(function: function, file: file, line: line)
    try await core.enterRoom()
    return loadThroughAdmission(key, lane: nil, limit, site, hasRoom: true)
  }

  /// The future of one key's value in a lane, as soon as there is room for it; see
  /// ``loadWhenReady(_:within:function:file:line:)``.
  public nonisolated(nonsending) func loadWhenReady(
    _ key: Key, lane: (any Hashable & Sendable)?, within limit: Duration? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) async throws -> Future<Value> {
    let site = SourceSite(function: function, file: file, line: line)
    try await core.enterRoom()
    return loadThroughAdmission(key, lane: .of(lane), limit, site, hasRoom: true)
  }

  // Inlinable, so that hashing and storing a key are specialised to its type in the client: the
  // generic form takes more than twice as long.
  @inlinable
  func load(
    _ key: Key, lane: Lane?, _ limit: Duration?, _ site: SourceSite
  ) -> Future<Value> {
    if admission != nil || limit != nil {
      return loadThroughAdmission(key, lane: lane, limit, site, hasRoom: false)
    }
    var future: Future<Value>?
    core.load(lane: lane, site) { core in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let new = Future<Value>(pending: nil, site: site, source: batch)
      batch.add(key, future: new)
      future = new
    }
    return future ?? refused(site)
  }

  @usableFromInline
  @inline(never)
  func refused(_ site: SourceSite) -> Future<Value> {
    let future = Future<Value>(pending: nil, site: site)
    _ = future.fail(with: core.overloaded)
    return future
  }
}

extension Batcher {
  /// The future of one key's value; see ``load(_:within:function:file:line:)``.
  @inlinable
  package func load(_ key: Key, at site: SourceSite) -> Future<Value> {
    load(key, lane: nil, nil, site)
  }
}

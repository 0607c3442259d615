// SPDX-License-Identifier: Apache-2.0
public import Arrival

/// A store to read entities from and write them to: a `Datastore` or a `Transaction`.
///
/// A function that takes `some EntityStore` works with either:
///
/// ```swift
/// func rename(_ key: Key, to name: String, in store: some EntityStore) async throws {
///   guard var user = try await store.get(key, as: User.self).value else { return }
///   user.name = name
///   _ = try await store.put(user).value
/// }
/// ```
///
/// Call it outside of a transaction or inside:
///
/// ```swift
/// try await rename(key, to: "Anna", in: datastore)
/// try await datastore.transaction { tx in try await rename(key, to: "Anna", in: tx) }.value
/// ```
///
/// In a datastore, the future of a write is done when the write is durable. In a transaction, it is
/// done when the transaction has noted the write. The write is durable when the transaction's own
/// future is done.
///
/// The requirements take the source location with which futures are reported. Programs call the
/// methods without it.
public protocol EntityStore: Sendable {
  /// Reads an entity.
  func get(_ key: Key, at site: SourceSite) -> Future<Entity?>
  /// Reads an entity as the options say.
  func get(_ key: Key, options: ReadOptions, at site: SourceSite) -> Future<Entity?>
  /// Reads an entity, or inserts this one if there is none.
  func getOrInsert(_ entity: Entity, at site: SourceSite) -> Future<Entity>
  /// Writes an entity, whether or not its key exists.
  @discardableResult
  func put(_ entity: Entity, at site: SourceSite) -> Future<Key>
  /// Removes the entity of a key, if there is one.
  @discardableResult
  func delete(_ key: Key, at site: SourceSite) -> Future<Void>
  /// Writes one mutation of any kind.
  @discardableResult
  func write(_ mutation: Mutation, at site: SourceSite) -> Future<Key>
  /// Fails a write whose value cannot be encoded. In a transaction, the transaction fails too.
  func refuse(_ error: DatastoreError, at site: SourceSite) -> Future<Key>
  /// The results of a query, whose sequence fetches `pageSize` results at a time, at least 1.
  func query<Element>(_ query: Query<Element>, pageSize: Int) -> QueryResults<Element>
  /// The results of a query as the options say, all pages in one state.
  func query<Element>(
    _ query: Query<Element>, options: ReadOptions, pageSize: Int
  ) -> QueryResults<Element>
}

// Inlinable, so that the call of a datastore's own method stays a direct one.
extension EntityStore {
  /// Reads an entity.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an invalid key, `aborted` if the transaction had a conflict, or the
  ///   error of the backend's lookup.
  @inlinable
  public func get(
    _ key: Key, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Entity?> {
    get(key, at: SourceSite(function: function, file: file, line: line))
  }

  /// Reads an entity as the options say: at an earlier time, or only some of its properties.
  ///
  /// ```swift
  /// let before = try await datastore.get(key, options: ReadOptions(readTime: monday)).value
  /// let name = try await datastore.get(key, options: ReadOptions(propertyMask: ["name"])).value
  /// ```
  ///
  /// In a transaction, options with an earlier time are refused.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an invalid key, or a time whose state is not kept; or the error of the
  ///   backend's lookup.
  @inlinable
  public func get(
    _ key: Key, options: ReadOptions, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Entity?> {
    get(key, options: options, at: SourceSite(function: function, file: file, line: line))
  }

  /// Writes an entity, whether or not its key exists.
  ///
  /// - Returns: A future of the entity's key. An incomplete key gets an ID from the backend. The
  ///   future fails with ``DatastoreError``: `invalidArgument` for an entity that exceeds the
  ///   ``Limits``, or the error of the backend's commit.
  @inlinable
  @discardableResult
  public func put(
    _ entity: Entity, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    put(entity, at: SourceSite(function: function, file: file, line: line))
  }

  /// Removes the entity of a key, if there is one.
  ///
  /// - Returns: A future that is done when the removal is durable, or at once in a transaction. It
  ///   fails with ``DatastoreError``: `invalidArgument` for an incomplete or invalid key, or the
  ///   error of the backend's commit.
  @inlinable
  @discardableResult
  public func delete(
    _ key: Key, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    delete(key, at: SourceSite(function: function, file: file, line: line))
  }

  /// The results of a query, whose sequence fetches 200 results at a time.
  public func query<Element>(_ query: Query<Element>) -> QueryResults<Element> {
    self.query(query, pageSize: 200)
  }

  /// The results of a query as the options say, all pages in one state. Its sequence fetches 200
  /// results at a time.
  public func query<Element>(
    _ query: Query<Element>, options: ReadOptions
  ) -> QueryResults<Element> {
    self.query(query, options: options, pageSize: 200)
  }
}

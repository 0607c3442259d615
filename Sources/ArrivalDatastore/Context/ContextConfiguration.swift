// SPDX-License-Identifier: Apache-2.0
/// What a context keeps in memory; see ``Datastore/withContext(_:_:)``.
public struct ContextConfiguration: Sendable {
  /// Keeps up to 1,000 entities of all kinds.
  public static var `default`: ContextConfiguration { ContextConfiguration() }

  /// The most entities to keep, at least 1. Default: 1,000.
  ///
  /// The least recently used entity is dropped first. Entities that are being written stay.
  public var maxEntities: Int
  /// Whether to keep the entity of a key, for example by its kind. Default: `nil`, which keeps all.
  ///
  /// It is called on the thread that calls `get`.
  public var keeps: (@Sendable (Key) -> Bool)?

  /// The namespace of all keys and queries in the context, as in
  /// ``DatastoreConfiguration/namespace``. Default: `nil`, that of the datastore.
  public var namespace: String?

  /// What runs before and after each get, put and delete in the context. Default: nothing.
  public var hooks: [any EntityHooks]

  /// Makes a configuration.
  public init(
    maxEntities: Int = 1_000, namespace: String? = nil, hooks: [any EntityHooks] = [],
    keeps: (@Sendable (Key) -> Bool)? = nil
  ) {
    self.hooks = hooks
    self.namespace = namespace
    self.maxEntities = max(maxEntities, 1)
    self.keeps = keeps
  }
}

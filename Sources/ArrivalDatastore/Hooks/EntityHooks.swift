// SPDX-License-Identifier: Apache-2.0
/// What runs before and after each get, put and delete of a datastore or of a context.
///
/// ```swift
/// struct Audit: EntityHooks {
///   func beforePut(_ entity: inout Entity) throws {
///     guard let user = User.current else { throw NotSignedIn() }
///     entity["by"] = .string(user.name)
///   }
/// }
///
/// let datastore = Datastore(backend: backend, hooks: [Audit()])
/// try await datastore.withContext(.init(hooks: [Trace()])) { try await serve(request) }
/// ```
///
/// A hook before a call runs on the thread of the caller, inside the call. If it throws, nothing is
/// sent and the call's future fails with the error, unchanged. A hook after a call runs before the
/// call's future is done, where callbacks of futures run. Keep hooks short.
///
/// Hooks run in the order of the array, those of the datastore before those of contexts. After a
/// call they run in reverse. They see keys in the namespace of the datastore or context. Each has a
/// default that does nothing. Queries call no hooks.
///
/// A write that the stored entity wins, with the strategy `serverValue`, has written nothing. A
/// hook after it is told of a failure with `failedPrecondition`, though the call's future succeeds.
///
/// In a transaction, hooks after puts and deletes run when the commit is durable, before
/// ``Transaction/afterCommit(_:)`` of later writes, and not at all if the transaction fails.
public protocol EntityHooks: Sendable {
  /// Called before a get. Throws to refuse it.
  func beforeGet(_ key: Key) throws
  /// Called with the outcome of a get: the entity, `nil` if there is none.
  func afterGet(_ key: Key, _ outcome: Result<Entity?, any Error>)
  /// Called before an entity is put, inserted or updated, and may change it. Throws to refuse it.
  ///
  /// An update of single properties comes with these alone. What a hook adds is then not written.
  func beforePut(_ entity: inout Entity) throws
  /// Called with the outcome of a put, insert or update: the complete key.
  func afterPut(_ entity: Entity, _ outcome: Result<Key, any Error>)
  /// Called before a delete. Throws to refuse it.
  func beforeDelete(_ key: Key) throws
  /// Called with the outcome of a delete.
  func afterDelete(_ key: Key, _ outcome: Result<Void, any Error>)
}

extension EntityHooks {
  /// Does nothing.
  public func beforeGet(_ key: Key) throws {}
  /// Does nothing.
  public func afterGet(_ key: Key, _ outcome: Result<Entity?, any Error>) {}
  /// Does nothing.
  public func beforePut(_ entity: inout Entity) throws {}
  /// Does nothing.
  public func afterPut(_ entity: Entity, _ outcome: Result<Key, any Error>) {}
  /// Does nothing.
  public func beforeDelete(_ key: Key) throws {}
  /// Does nothing.
  public func afterDelete(_ key: Key, _ outcome: Result<Void, any Error>) {}
}

// SPDX-License-Identifier: Apache-2.0
public import Arrival

// What surrounds the calling code: a transaction, a context.
extension Datastore {
  /// The transaction of this datastore in whose closure the calling code runs. `nil` for none.
  ///
  /// Tasks and tasklets that the closure starts are inside it, too. Callbacks of
  /// ``Transaction/afterCommit(_:)`` are not.
  public var currentTransaction: Transaction? {
    guard let current = Transaction.current, current.core === core, current.isOpen else {
      return nil
    }
    return current
  }

  /// Whether the calling code runs in the closure of a transaction of this datastore.
  public var isInTransaction: Bool { currentTransaction != nil }

  /// The transaction in which the calling code runs, or else the datastore.
  ///
  /// It is what NDB's functions read and write implicitly:
  ///
  /// ```swift
  /// func rename(_ key: Key, to name: String) async throws {
  ///   let store = datastore.currentStore
  ///   guard var user = try await store.get(key, as: User.self).value else { return }
  ///   user.name = name
  ///   _ = try await store.put(user).value
  /// }
  /// ```
  public var currentStore: any EntityStore {
    if let currentTransaction { return currentTransaction }
    return self
  }

  /// Runs `body` in the transaction of the calling code, or in a new one if there is none.
  ///
  /// In the transaction of the calling code, its future is done when `body` has returned, and the
  /// writes are durable when the outer transaction is. An error of `body` does not by itself fail
  /// the outer transaction.
  ///
  /// - Returns: As ``transaction(_:retry:readsOwnWrites:function:file:line:_:)``.
  public func joinTransaction<Value: Sendable>(
    _ mode: TransactionMode = .readWrite(), retry: RetryPolicy = .contention,
    readsOwnWrites: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable (_ transaction: Transaction) async throws -> Value
  ) -> Future<Value> {
    guard let transaction = currentTransaction else {
      return self.transaction(
        mode, retry: retry, readsOwnWrites: readsOwnWrites, function: function, file: file,
        line: line, body)
    }
    let site = SourceSite(function: function, file: file, line: line)
    return Future("joined transaction", on: core.executor, at: site) {
      try await body(transaction)
    }
  }

  /// Runs `body` after the commit of the transaction in which the calling code runs, or at once if
  /// there is none.
  ///
  /// - Returns: A future that is done when `body` has run, or is noted for after the commit.
  @discardableResult
  public func afterCommit(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable () async -> Void
  ) -> Future<Void> {
    let site = SourceSite(function: function, file: file, line: line)
    if let transaction = currentTransaction {
      transaction.afterCommit(body)
      return Future(value: (), at: site)
    }
    return Future("after commit", on: core.executor, at: site) { await body() }
  }

  /// The innermost context of this datastore in which the calling code runs. `nil` for none.
  public var currentContext: DatastoreContext? {
    RequestContext.of(core).map { DatastoreContext(context: $0) }
  }

  /// Sends what has been requested, and waits until all of it is done.
  ///
  /// The writes of a transaction are not sent before its commit.
  public func flush() async {
    await drainPipelines()
  }
}

/// What a context has in memory; see ``Datastore/withContext(_:_:)``.
public struct DatastoreContext: Sendable {
  let context: RequestContext

  /// Forgets all entities, so that the next `get` of each key asks the backend.
  ///
  /// Writes under way stay, because a context returns its own writes.
  public func clearCache() { context.clear() }

  /// Forgets the entity of a key, unless it is being written.
  public func forget(_ key: Key) { context.forget(key) }

  /// How many entities it has in memory.
  public var count: Int { context.count }
}

// SPDX-License-Identifier: Apache-2.0
extension Datastore {
  /// Runs `body`, for example one request of a server, with its own cache.
  ///
  /// ```swift
  /// try await datastore.withContext {
  ///   async let page = render(session)      // gets the user
  ///   async let menu = menu(of: session)    // gets the same user: one lookup for both
  ///   return try await page + menu
  /// }
  /// ```
  ///
  /// Inside `body` and in all tasks started there, until `body` returns:
  /// - A `get` of a key that was read, put or deleted before is answered from memory. Concurrent
  ///   ones share one lookup. They see equal entities, whatever others write meanwhile. A lookup
  ///   that fails is not kept.
  /// - The next `get` sees a `put` or `delete` at once, before it is durable. If the write fails,
  ///   the next `get` asks the backend. It also does so after concurrent writes of one key, because
  ///   only the backend knows which was the last.
  /// - A transaction does not read from the context. After its commit, the context has its writes.
  /// - Queries do not read from the context either. They see a `put` when its future is done.
  ///
  /// A task that outlives `body` looks entities up again. It stays in the context's namespace and
  /// keeps its hooks.
  ///
  /// A context inside another one begins empty. The outer context sees the writes of the inner one.
  /// Outside of all contexts nothing is kept.
  ///
  /// - Parameters:
  ///   - configuration: What is kept.
  ///   - body: The request.
  public nonisolated(nonsending) func withContext<Value>(
    _ configuration: ContextConfiguration = .default, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let context = RequestContext(core, configuration, parent: RequestContext.current)
    defer { context.close() }
    return try await RequestContext.$current.withValue(context, operation: body)
  }
}

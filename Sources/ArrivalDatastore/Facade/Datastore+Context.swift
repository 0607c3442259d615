extension Datastore {
  /// Runs `body`, one request of a server for instance, with a cache of its own.
  ///
  /// ```swift
  /// try await datastore.withContext {
  ///   async let page = render(session)      // gets the user
  ///   async let menu = menu(of: session)    // gets the same user: one lookup for both
  ///   return try await page + menu
  /// }
  /// ```
  ///
  /// Inside `body`, and in all tasks started there, until it returns:
  /// - A `get` of a key that was read, put or deleted before is answered from memory. Several at
  ///   once share one lookup. They see equal entities, whatever others write meanwhile. A lookup
  ///   that fails is not kept.
  /// - The next `get` sees a `put` or `delete` at once, before it is durable. If the write fails,
  ///   the next `get` asks the backend. It also does so after several writes of one key were under
  ///   way at once, because only the backend knows which was the last.
  /// - A transaction reads past the context. When it has committed, the context has what it wrote.
  /// - Queries read past the context too: they see a `put` when its future is done.
  ///
  /// A context inside another begins empty. What is written in the inner one is seen in the outer
  /// one. Outside of all contexts nothing is kept.
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

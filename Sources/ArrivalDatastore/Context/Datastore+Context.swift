extension Datastore {
  /// What a context keeps: see ``Datastore/withContext(_:_:)``.
  public struct ContextConfiguration: Sendable {
    /// A thousand entities of all kinds.
    public static var `default`: ContextConfiguration { ContextConfiguration() }

    /// The most entities that are kept, at least 1; the one that was not used for the longest goes
    /// first, except for those that are being written. Default 1,000.
    public var maxEntities: Int
    /// Whether the entity of a key is kept; by its kind for instance. Called on the thread that asks
    /// for it. `nil`, the default: all are.
    public var keeps: (@Sendable (Key) -> Bool)?

    /// Makes a configuration.
    public init(maxEntities: Int = 1_000, keeps: (@Sendable (Key) -> Bool)? = nil) {
      self.maxEntities = max(maxEntities, 1)
      self.keeps = keeps
    }
  }

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
  /// Inside, and in all tasks started inside, until `body` returns:
  /// - A `get` of a key that was read, put or deleted before is answered from memory; several at once are one
  ///   lookup. They see equal entities, whatever others write meanwhile. A lookup that fails is not kept.
  /// - A `put` or `delete` is seen by the next `get` at once, before it is durable. If it fails the
  ///   next `get` asks again. So it does when several of one key were under way at once and have ended,
  ///   for which of them was the last is for the backend to say.
  /// - A transaction reads past it, and when it has committed, what it wrote is there.
  /// - Queries read past it too: they see a `put` when its future is done.
  ///
  /// A context inside another begins empty; what is written in the inner one is seen in the outer one.
  /// Outside of all contexts nothing is kept.
  ///
  /// - Parameters:
  ///   - configuration: What is kept.
  ///   - body: The request.
  public nonisolated(nonsending) func withContext<Value>(
    _ configuration: ContextConfiguration = .default, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let context = RequestContext(self, configuration, parent: RequestContext.current)
    defer { context.close() }
    return try await RequestContext.$current.withValue(context, operation: body)
  }
}

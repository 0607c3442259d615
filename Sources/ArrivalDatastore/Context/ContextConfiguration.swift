/// What a context keeps; see ``Datastore/withContext(_:_:)``.
public struct ContextConfiguration: Sendable {
  /// A thousand entities of all kinds.
  public static var `default`: ContextConfiguration { ContextConfiguration() }

  /// The most entities that are kept, at least 1. The one that was not used for the longest time
  /// goes first; entities that are being written stay. Default 1,000.
  public var maxEntities: Int
  /// Whether the entity of a key is kept, decided by its kind for example. Called on the thread
  /// that asks for the entity. `nil`, the default, keeps all.
  public var keeps: (@Sendable (Key) -> Bool)?

  /// Makes a configuration.
  public init(maxEntities: Int = 1_000, keeps: (@Sendable (Key) -> Bool)? = nil) {
    self.maxEntities = max(maxEntities, 1)
    self.keeps = keeps
  }
}

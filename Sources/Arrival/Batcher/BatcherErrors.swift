/// The reply of a batch operation left a key out, or had the wrong number of values.
public struct MissingReply: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// What was missing, as a sentence.
  public let reason: String

  public var description: String { "batcher \"\(batcher)\": \(reason)" }
}

/// A load was refused because `maxQueued` loads of the batcher are queued already.
public struct BatcherOverloaded: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// How many loads may be queued.
  public let maxQueued: Int

  public var description: String {
    "batcher \"\(batcher)\" refused a load because \(maxQueued) loads are queued already; wait for"
      + " room with loadWhenReady, load fewer keys at a time, or raise maxQueued"
  }
}

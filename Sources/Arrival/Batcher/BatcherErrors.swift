/// A batch operation's reply left out a key, or had the wrong number of values.
public struct MissingReply: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// What was missing, as a sentence.
  public let reason: String

  public var description: String { "batcher \"\(batcher)\": \(reason)" }
}

/// A batcher has as many loads queued as it may, and refused one more.
public struct BatcherOverloaded: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// How many loads may wait to be sent.
  public let maxQueued: Int

  public var description: String {
    "batcher \"\(batcher)\" has \(maxQueued) loads queued and takes no more; wait for room with"
      + " loadWhenReady, load less at a time, or raise maxQueued"
  }
}

// SPDX-License-Identifier: Apache-2.0
/// The reply of a batch operation left a key out, or had the wrong number of values.
public struct MissingReply: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// Where the batcher was created.
  public let creationSite: SourceSite
  /// What was missing and what to do, as a sentence.
  public let reason: String

  public var description: String {
    "\(batcherText(batcher)), created in \(creationSite): \(reason)"
  }
}

/// A load was refused because `maxQueued` loads of the batcher are queued already.
public struct BatcherOverloaded: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// How many loads may be queued.
  public let maxQueued: Int

  public var description: String {
    "\(batcherText(batcher)) refused a load because \(counted(maxQueued, "load")) "
      + "\(maxQueued == 1 ? "is" : "are") queued already; wait for room with loadWhenReady, load "
      + "fewer keys at a time, or raise maxQueued"
  }
}

/// A batcher in a sentence: `the batcher "users"`; `the batcher` if it was given no name.
func batcherText(_ name: String) -> String {
  name == "batcher" ? "the batcher" : "the batcher \"\(name)\""
}

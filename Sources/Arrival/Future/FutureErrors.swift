// SPDX-License-Identifier: Apache-2.0
/// The promise of a future was dropped before it was completed.
public struct BrokenPromise: Error, Hashable, CustomStringConvertible {
  /// The name of the future, if it has one.
  public let name: String?
  /// Where the promise was created.
  public let creationSite: SourceSite

  public var description: String {
    "the promise\(nameText(name)) created in \(creationSite) was dropped before it"
      + " was completed; keep it until succeed, fail or complete has been called"
  }
}

/// A time limit passed before the future was done. The future itself goes on.
public struct TimeoutError: Error, Hashable, CustomStringConvertible {
  /// The limit that passed.
  public let limit: Duration
  /// The name of the future waited for, if it has one.
  public let name: String?
  /// Where that future was created.
  public let creationSite: SourceSite

  init(limit: Duration, waitingFor future: FutureCore) {
    self.limit = limit
    name = future.name
    creationSite = future.creationSite
  }

  public var description: String {
    "the future\(nameText(name)) created in \(creationSite) was not done within"
      + " \(durationText(limit))"
  }
}

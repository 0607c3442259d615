// SPDX-License-Identifier: Apache-2.0
/// Futures wait for each other in a ring, so none of them could ever be done.
///
/// The wait that closes a ring fails the future it waits for with this error. From there the error
/// goes through the ring as any error does. Code that waits for no member of the ring never sees
/// it.
public struct DeadlockError: Error, Hashable, CustomStringConvertible {
  /// One future of the ring, and how it needs the next one.
  public struct Member: Sendable, Hashable, CustomStringConvertible {
    /// What kind of future it is: of a `tasklet`, of a batcher's `key`, or any other `future`.
    public let kind: String
    /// The name of the future, if it has one.
    public let name: String?
    /// Where the future was made.
    public let creationSite: SourceSite
    /// How it needs the next one: `blocks for`, `awaits` or `needs`.
    public let need: String
    /// Where its tasklet waits, if that is known.
    public var waitSite: String? { site?.description }
    // Looked up only when it is read: a ring may have thousands of members.
    private let site: WaitSite?

    /// The future, where it waits, and how it needs the next one.
    ///
    /// For example `"page" (created in main() at App/main.swift:12), in render() at
    /// /src/App/main.swift:8, awaits`.
    public var description: String {
      "\(name.map { "\"\($0)\"" } ?? "a \(kind)") (created in \(creationSite))"
        + "\(waitSite.map { ", in \($0)," } ?? "") \(need)"
    }
  }

  /// The ring: each needs the next, and the last needs the first. The first is the one whose wait
  /// closed it.
  public let members: [Member]

  /// How many members the description lists.
  private static let limit = 1024

  public var description: String {
    let count = members.count
    var text =
      count == 1
      ? "deadlock: a future waits for itself, so it can never be done"
      : "deadlock: \(count) futures wait for each other in a ring, so none can ever be done"
    for member in members.prefix(Self.limit) { text += "\n  \(member)" }
    if count > Self.limit {
      text += "\n  … and \(count - Self.limit) more; the last one needs"
    }
    let first = members.first.map { $0.name.map { "\"\($0)\"" } ?? $0.creationSite.description }
    text += "\n  \(first ?? "?") again"
    return text
      + "\nChange one of them so that it does not wait for the next, or give its wait a time limit."
  }
}

extension DeadlockError {
  /// The futures on the path, each with the step that leads to the next future.
  init(_ ring: Ring<WaitNode>) {
    var members: [Member] = []
    let path = ring.path
    for (index, node) in path.enumerated() {
      guard case .future(let future) = node else { continue }
      members.append(Member(future, next: path[(index + 1) % path.count]))
    }
    // The path of a closing wait begins at the wait itself; its tasklet's future is the last.
    if case .wait = path.first, let last = members.popLast() { members.insert(last, at: 0) }
    self.members = members
  }
}

extension DeadlockError.Member {
  fileprivate init(_ future: FutureCore, next: WaitNode) {
    kind = future.source?.kind ?? "future"
    name = future.name
    creationSite = future.creationSite
    switch next {
    case .wait(let wait):
      need = wait.manner == .blocking ? "blocks for" : "awaits"
      site = wait.site
    case .future, .source:
      need = "needs"
      site = nil
    }
  }
}

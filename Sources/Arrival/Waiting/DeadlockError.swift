/// Futures wait for each other in a ring, so none of them could ever have arrived.
///
/// The wait that closes a ring fails the future it waits for with this error. From there it goes
/// through the ring as any error does; whoever waits for none of its members is not concerned.
public struct DeadlockError: Error, Hashable, CustomStringConvertible {
  /// One future of the ring, and how it needs the next one.
  public struct Member: Sendable, Hashable, CustomStringConvertible {
    /// What completes the future: a `tasklet`, a batch that has its `key`, or another `future`.
    public let kind: String
    /// The name of the future, if it has one.
    public let name: String?
    /// Where the future was made.
    public let creationSite: SourceSite
    /// How it needs the next one: `blocks for`, `awaits`, `needs the value of`.
    public let need: String
    /// Where its tasklet waits, as far as that is known.
    public var waitSite: String? { site?.description }
    // Looked up when somebody asks: a ring may have thousands of members.
    private let site: WaitSite?

    public var description: String {
      "\(name.map { "\"\($0)\" " } ?? "a \(kind) ")created in \(creationSite)"
        + " \(need)\(waitSite.map { ", at \($0)," } ?? "")"
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
      ? "deadlock: a future waits for itself, so it can never arrive"
      : "deadlock: \(count) futures wait for each other in a ring, so none can ever arrive"
    for member in members.prefix(Self.limit) { text += "\n  \(member)" }
    if count > Self.limit {
      text += "\n  … and \(count - Self.limit) more, the last of which needs"
    }
    let first = members.first.map { $0.name.map { "\"\($0)\"" } ?? $0.creationSite.description }
    text += "\n  \(first ?? "?") again"
    return text + "\nLet one of them end without the next, or wait with a time limit."
  }
}

extension DeadlockError {
  /// The futures on the way, each with the step that leads to the next future.
  init(_ ring: Ring<WaitNode>) {
    var members: [Member] = []
    let path = ring.path
    for (index, node) in path.enumerated() {
      guard case .future(let future) = node else { continue }
      members.append(Member(future, next: path[(index + 1) % path.count]))
    }
    // The way of a closing wait begins at the wait itself; its tasklet's future is the last.
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
    case .future:
      need = "needs"
      site = nil
    }
  }
}

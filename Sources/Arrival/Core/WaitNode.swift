// SPDX-License-Identifier: Apache-2.0
/// A node of the wait-for graph. Nodes are equal if they are the same object.
enum WaitNode {
  case future(FutureCore)
  case wait(PendingWait)
  /// Something that no single future stands for, such as a batch that waits for its turn.
  case source(FutureSource)

  private var identity: ObjectIdentifier {
    switch self {
    case .future(let future): ObjectIdentifier(future)
    case .wait(let wait): ObjectIdentifier(wait)
    case .source(let source): ObjectIdentifier(source)
    }
  }
}

extension WaitNode: Hashable {
  static func == (a: WaitNode, b: WaitNode) -> Bool { a.identity == b.identity }
  func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// What a pending future needs in order to be done, as far as its source knows.
enum Dependencies {
  /// It can be done by itself: a promise, a timer, code that runs.
  case external
  /// It cannot get a value before all of these are done. Futures that are done already are left
  /// out; if the error of one of them ends it early, the answer is `external`.
  case allOf([FutureCore])
  /// It cannot be done before one of these is. Lists all that can still complete it, also those
  /// that are done.
  case anyOf([FutureCore])
  /// What the tasklet that completes it waits for, or what has to end besides futures.
  case waits(Needs<WaitNode>)
}

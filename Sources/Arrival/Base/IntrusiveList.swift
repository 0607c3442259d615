// SPDX-License-Identifier: Apache-2.0
/// An object's link to the next older node of a list.
struct OlderLink<Node: AnyObject> {
  fileprivate var node: Node?

  init() {}
}

/// An object's link to the next newer node of a list, or to itself if it is the newest; empty if it
/// is in no list.
struct NewerLink<Node: AnyObject> {
  fileprivate unowned(unsafe) var node: Node?

  init() {}
}

/// Says where the nodes of a list keep their links: an object may be in several lists.
///
/// The two links are stored apart. A thread may ask whether a node is still in the list while
/// another one, which took all nodes off it, goes along their older links.
protocol ListLinkage {
  associatedtype Node: AnyObject
  static subscript(older node: Node) -> OlderLink<Node> { get set }
  static subscript(newer node: Node) -> NewerLink<Node> { get set }
}

/// A doubly linked list, the newest node first, whose links are part of the nodes. Adding and
/// removing a node is O(1) and allocates nothing. A node is in the list at most once.
struct IntrusiveList<Linkage: ListLinkage> {
  typealias Node = Linkage.Node

  private(set) var newest: Node?

  var isEmpty: Bool { newest == nil }

  func older(than node: Node) -> Node? { Linkage[older: node].node }

  func newer(than node: Node) -> Node? {
    let previous = Linkage[newer: node].node
    return previous === node ? nil : previous
  }

  /// Whether a node that is in no other list of this linkage is in this one.
  func contains(_ node: Node) -> Bool { Linkage[newer: node].node != nil }

  mutating func add(_ node: Node) {
    if let newest { Linkage[newer: newest].node = node }
    Linkage[older: node].node = newest
    Linkage[newer: node].node = node
    newest = node
  }

  /// Takes a node off the list; `false` if it was not on the list.
  @discardableResult
  mutating func remove(_ node: Node) -> Bool {
    guard let previous = Linkage[newer: node].node else { return false }
    let next = Linkage[older: node].node.take()
    Linkage[newer: node].node = nil
    if previous === node {
      if let next { Linkage[newer: next].node = next }
      newest = next
    } else {
      if let next { Linkage[newer: next].node = previous }
      Linkage[older: previous].node = next
    }
    return true
  }

  /// Empties the list and returns its oldest node. Each node is then linked to the next newer one;
  /// see `detachNext(_:)`.
  mutating func takeAll() -> Node? {
    guard var rest = newest.take() else { return nil }
    var oldest: Node?
    while true {
      let older = Linkage[older: rest].node
      Linkage[older: rest].node = oldest
      Linkage[newer: rest].node = nil
      oldest = rest
      guard let older else { return oldest }
      rest = older
    }
  }

  /// Takes the node behind this one off a chain that `takeAll()` returned.
  static func detachNext(_ node: Node) -> Node? { Linkage[older: node].node.take() }
}

// SPDX-License-Identifier: Apache-2.0
/// An object's place in one list.
struct ListLinks<Node: AnyObject> {
  /// The next older node.
  fileprivate var next: Node?
  /// The next newer node, or the node itself if it is the newest; `nil` if it is in no list.
  fileprivate unowned(unsafe) var previous: Node?

  init() {}
}

/// Says where the nodes of a list keep their links: an object may be in several lists.
protocol ListLinkage {
  associatedtype Node: AnyObject
  static subscript(node: Node) -> ListLinks<Node> { get set }
}

/// A doubly linked list, the newest node first, whose links are part of the nodes. Adding and
/// removing a node is O(1) and allocates nothing. A node is in the list at most once.
struct IntrusiveList<Linkage: ListLinkage> {
  typealias Node = Linkage.Node

  private(set) var newest: Node?

  var isEmpty: Bool { newest == nil }

  func older(than node: Node) -> Node? { Linkage[node].next }

  func newer(than node: Node) -> Node? {
    let previous = Linkage[node].previous
    return previous === node ? nil : previous
  }

  mutating func add(_ node: Node) {
    if let newest { Linkage[newest].previous = node }
    Linkage[node].next = newest
    Linkage[node].previous = node
    newest = node
  }

  /// Takes a node off the list; `false` if it was not on the list.
  @discardableResult
  mutating func remove(_ node: Node) -> Bool {
    guard let previous = Linkage[node].previous else { return false }
    let next = Linkage[node].next.take()
    Linkage[node].previous = nil
    if previous === node {
      if let next { Linkage[next].previous = next }
      newest = next
    } else {
      if let next { Linkage[next].previous = previous }
      Linkage[previous].next = next
    }
    return true
  }

  /// Empties the list and returns its oldest node. Each node is then linked to the next newer one;
  /// see `detachNext(_:)`.
  mutating func takeAll() -> Node? {
    guard var rest = newest.take() else { return nil }
    var oldest: Node?
    while true {
      let older = Linkage[rest].next
      Linkage[rest].next = oldest
      Linkage[rest].previous = nil
      oldest = rest
      guard let older else { return oldest }
      rest = older
    }
  }

  /// Takes the node behind this one off a chain that `takeAll()` returned.
  static func detachNext(_ node: Node) -> Node? { Linkage[node].next.take() }
}

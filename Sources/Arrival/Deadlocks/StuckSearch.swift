// SPDX-License-Identifier: Apache-2.0
/// A graph that may change while it is read.
protocol DependencyGraph {
  associatedtype Node: Hashable
  func needs(of node: Node) -> Needs<Node>
}

/// A node that can never end because it needs its own end, and the proof.
struct Ring<Node: Hashable> {
  /// The path from the node over what it needs, and so on, back to it.
  let path: [Node]
  /// Why each node can never end: all the nodes of which it needs one, or one of the nodes of which
  /// it needs all. Every node in a value is a key too.
  let proof: [Node: Needs<Node>]
}

/// Finds out whether a node can never end because it needs its own end.
///
/// Iterative, so that a chain of any length needs no stack. O(nodes + edges) of what the node
/// needs.
struct StuckSearch<Graph: DependencyGraph> {
  typealias Node = Graph.Node

  private let graph: Graph
  private var nodes: [Node] = []
  private var needs: [Needs<Node>] = []
  private var indices: [Node: Int] = [:]
  /// The nodes that need each node.
  private var dependents: [[Int]] = []
  /// For each node, how many of the nodes it needs still have to end.
  private var missing: [Int] = []
  private var canEnd: [Bool] = []

  private init(_ graph: Graph) { self.graph = graph }

  static func ring(through node: Node, in graph: Graph) -> Ring<Node>? {
    switch chain(from: node, in: graph) {
    case .ends: return nil
    case .ring(let ring): return ring
    case .branches: break
    }
    var search = StuckSearch(graph)
    search.collect(from: node)
    search.propagate()
    if search.canEnd[0] { return nil }
    return search.pathBack().map { Ring(path: $0, proof: search.proof(of: $0)) }
  }

  /// Whether nothing keeps the node from ending: it does not need its own end, nor the end of a
  /// node that needs its own.
  static func canEnd(_ node: Node, in graph: Graph) -> Bool {
    switch chain(from: node, in: graph) {
    case .ends: return true
    case .ring: return false
    case .branches: break
    }
    var search = StuckSearch(graph)
    search.collect(from: node)
    search.propagate()
    return search.canEnd[0]
  }

  /// Whether the ring is still there. An edge that has gone never comes back, so an edge that is
  /// found twice was there all the time in between. Then all of the ring was there at one moment,
  /// and such a ring never ends.
  static func persists(_ ring: Ring<Node>, in graph: Graph) -> Bool {
    ring.proof.allSatisfy { node, reason in
      switch (reason, graph.needs(of: node)) {
      case (.one(let old), .one(let new)): old == new
      case (.one(let old), .all(let new)): new.contains(old)
      case (.any, .one(let new)): ring.proof[new] != nil
      case (.any, .any(let new)): new.allSatisfy { ring.proof[$0] != nil }
      default: false
      }
    }
  }

  /// Where a chain of nodes that need one node each leads.
  private enum Chain {
    case ends
    /// Back to its start.
    case ring(Ring<Node>)
    /// To a node that needs several, or into a ring that does not contain the start.
    case branches
  }

  /// The common case: no bookkeeping as long as there is no ring.
  private static func chain(from start: Node, in graph: Graph) -> Chain {
    var node = start
    var mark = start
    var steps = 0
    var untilMark = 8
    while true {
      switch graph.needs(of: node) {
      case .nothing: return .ends
      case .all, .any: return .branches
      case .one(let next): node = next
      }
      steps += 1
      if node == start {
        return ring(from: start, count: steps, in: graph).map(Chain.ring) ?? .branches
      }
      // It goes in circles (Brent 1980).
      if node == mark { return .branches }
      if steps == untilMark {
        mark = node
        untilMark *= 2
      }
    }
  }

  /// A ring of `count` nodes that need one node each, if it is still there.
  private static func ring(from start: Node, count: Int, in graph: Graph) -> Ring<Node>? {
    var path: [Node] = []
    path.reserveCapacity(count)
    var proof: [Node: Needs<Node>] = Dictionary(minimumCapacity: count)
    var node = start
    repeat {
      let needs = graph.needs(of: node)
      guard path.count < count, case .one(let next) = needs else { return nil }
      path.append(node)
      proof[node] = needs
      node = next
    } while node != start
    return Ring(path: path, proof: proof)
  }

  /// Collects all nodes that the start needs, directly and indirectly, except those that need
  /// nothing.
  private mutating func collect(from start: Node) {
    add(start, graph.needs(of: start), neededBy: nil)
    var next = 0
    while next < nodes.count {
      for node in needs[next].nodes {
        if let known = indices[node] {
          dependents[known].append(next)
          continue
        }
        let itsNeeds = graph.needs(of: node)
        if itsNeeds.isNothing {
          ended(oneNeededBy: next)
        } else {
          add(node, itsNeeds, neededBy: next)
        }
      }
      next += 1
    }
  }

  private mutating func add(_ node: Node, _ needs: Needs<Node>, neededBy dependent: Int?) {
    indices[node] = nodes.count
    nodes.append(node)
    self.needs.append(needs)
    dependents.append(dependent.map { [$0] } ?? [])
    canEnd.append(needs.nodes.isEmpty)
    switch needs {
    case .nothing: missing.append(0)
    case .one, .any: missing.append(1)
    case .all(let nodes): missing.append(nodes.count)
    }
  }

  private mutating func ended(oneNeededBy index: Int) {
    missing[index] -= 1
    if missing[index] <= 0 { canEnd[index] = true }
  }

  /// Marks the nodes that can end, and then those that needed only such nodes.
  private mutating func propagate() {
    var ending = canEnd.indices.filter { canEnd[$0] }
    while let index = ending.popLast() {
      for dependent in dependents[index] where !canEnd[dependent] {
        ended(oneNeededBy: dependent)
        if canEnd[dependent] { ending.append(dependent) }
      }
    }
  }

  private func stuckNeeds(of index: Int) -> [Int] {
    needs[index].nodes.compactMap { indices[$0] }.filter { !canEnd[$0] }
  }

  /// The shortest path over stuck nodes from the start back to it.
  private func pathBack() -> [Node]? {
    var cameFrom: [Int: Int] = [:]
    var queue = [0]
    var next = 0
    while next < queue.count {
      let index = queue[next]
      next += 1
      for needed in stuckNeeds(of: index) {
        if needed == 0 { return path(to: index, cameFrom) }
        if cameFrom.updateValueIfAbsent(index, forKey: needed) { queue.append(needed) }
      }
    }
    return nil
  }

  private func path(to last: Int, _ cameFrom: [Int: Int]) -> [Node] {
    var path = [nodes[last]]
    var index = last
    while index != 0, let previous = cameFrom[index] {
      path.append(nodes[previous])
      index = previous
    }
    return path.reversed()
  }

  private func proof(of path: [Node]) -> [Node: Needs<Node>] {
    var proof: [Node: Needs<Node>] = [:]
    var open: [Node] = []
    func note(_ node: Node, because needed: Node?) {
      guard proof[node] == nil, let index = indices[node] else { return }
      if case .any(let all) = needs[index] {
        proof[node] = .any(all)
        open += all
      } else if let needed = needed ?? stuckNeeds(of: index).first.map({ nodes[$0] }) {
        proof[node] = .one(needed)
        open.append(needed)
      }
    }
    for (node, next) in zip(path, path.dropFirst() + path.prefix(1)) { note(node, because: next) }
    while let node = open.popLast() { note(node, because: nil) }
    return proof
  }
}

extension Needs {
  fileprivate var isNothing: Bool { if case .nothing = self { true } else { false } }
}

extension Dictionary {
  /// Adds a value; `false` if the key has one already, which is then kept.
  fileprivate mutating func updateValueIfAbsent(_ value: Value, forKey key: Key) -> Bool {
    if self[key] != nil { return false }
    self[key] = value
    return true
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// The search itself, on graphs that stand still.
@Suite struct StuckSearchTests {
  struct Graph: DependencyGraph {
    var edges: [Needs<Int>]
    func needs(of node: Int) -> Needs<Int> { edges[node] }

    /// What can end, by trying until nothing changes.
    var canEnd: [Bool] {
      var canEnd = edges.map { _ in false }
      var changed = true
      while changed {
        changed = false
        for (node, needs) in edges.enumerated() where !canEnd[node] {
          let ends =
            switch needs {
            case .nothing: true
            case .one(let one): canEnd[one]
            case .all(let all): all.allSatisfy { canEnd[$0] }
            case .any(let any): any.contains { canEnd[$0] }
            }
          if ends {
            canEnd[node] = true
            changed = true
          }
        }
      }
      return canEnd
    }

    /// Whether a node that can never end leads back to itself over such nodes.
    func isInRing(_ node: Int) -> Bool {
      let canEnd = canEnd
      if canEnd[node] { return false }
      var reached: Set<Int> = []
      var open = edges[node].nodes.filter { !canEnd[$0] }
      while let next = open.popLast() {
        if reached.insert(next).inserted { open += edges[next].nodes.filter { !canEnd[$0] } }
      }
      return reached.contains(node)
    }
  }

  @Test func `A chain of any length is no ring until it is closed`() throws {
    let count = 100_000
    var graph = Graph(edges: (1..<count).map { .one($0) } + [.nothing])
    #expect(StuckSearch.ring(through: 0, in: graph) == nil)
    graph.edges[count - 1] = .one(0)
    let ring = try #require(StuckSearch.ring(through: 0, in: graph))
    #expect(ring.path == Array(0..<count))
    #expect(StuckSearch.persists(ring, in: graph))
  }

  @Test func `A ring that the start only leads into is not a ring through the start`() {
    let graph = Graph(edges: [.one(1), .one(2), .one(1)])
    #expect(StuckSearch.ring(through: 0, in: graph) == nil)
    #expect(StuckSearch.ring(through: 1, in: graph)?.path == [1, 2])
  }

  @Test func `An edge that has gone or changed is noticed`() throws {
    var graph = Graph(edges: [.all([1, 2]), .one(0), .nothing, .nothing])
    let ring = try #require(StuckSearch.ring(through: 0, in: graph))
    #expect(StuckSearch.persists(ring, in: graph))
    graph.edges[0] = .all([1])
    #expect(StuckSearch.persists(ring, in: graph))
    graph.edges[1] = .one(3)
    #expect(!StuckSearch.persists(ring, in: graph))
    graph.edges[1] = .nothing
    #expect(!StuckSearch.persists(ring, in: graph))
  }

  /// A graph that is another one after some questions.
  private struct ChangingGraph: DependencyGraph {
    let before: Graph
    let after: Graph
    let questions: Int
    let asked = Counter()
    func needs(of node: Int) -> Needs<Int> {
      (asked.raise() <= questions ? before : after).needs(of: node)
    }
  }

  @Test func `A ring that changes while it is noted is searched for again`() {
    let before = Graph(edges: [.one(1), .one(0), .nothing])
    // Two questions find the ring; then it is noted.
    let longer = ChangingGraph(
      before: before, after: Graph(edges: [.one(1), .one(2), .one(0)]), questions: 2)
    #expect(StuckSearch.ring(through: 0, in: longer)?.path == [0, 1, 2])
    let without = ChangingGraph(
      before: before, after: Graph(edges: [.one(1), .one(2), .one(1)]), questions: 2)
    #expect(StuckSearch.ring(through: 0, in: without) == nil)
    let ended = ChangingGraph(
      before: before, after: Graph(edges: [.one(1), .nothing, .nothing]), questions: 2)
    #expect(StuckSearch.ring(through: 0, in: ended) == nil)
  }

  @Test func `A ring falls with an alternative that one of its nodes has gained`() throws {
    var graph = Graph(edges: [.any([1, 2]), .one(0), .one(0), .nothing])
    let ring = try #require(StuckSearch.ring(through: 0, in: graph))
    graph.edges[0] = .any([1])
    #expect(StuckSearch.persists(ring, in: graph))
    graph.edges[0] = .one(2)
    #expect(StuckSearch.persists(ring, in: graph))
    graph.edges[0] = .any([1, 2, 3])
    #expect(!StuckSearch.persists(ring, in: graph))
    graph.edges[0] = .one(3)
    #expect(!StuckSearch.persists(ring, in: graph))
  }

  /// The graph may change between the readings in any way. Then the second is a proof by itself.
  @Test(arguments: 0..<10)
  func `Random graphs that change: what stands at the second reading can never end`(
    seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: 1_000 + seed)
    var (standing, fallen) = (0, 0)
    for _ in 0..<400 {
      let count = Int.random(in: 2...8, using: &random)
      var graph = Graph(edges: (0..<count).map { _ in needs(count, &random) })
      let rings = (0..<count).compactMap { StuckSearch.ring(through: $0, in: graph) }
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        change(&graph.edges[.random(in: 0..<count, using: &random)], count, &random)
      }
      let canEnd = graph.canEnd
      for ring in rings {
        guard StuckSearch.persists(ring, in: graph) else {
          fallen += 1
          continue
        }
        standing += 1
        if ring.proof.keys.contains(where: { canEnd[$0] }) {
          Issue.record("\(ring) stands in \(graph.edges)")
        }
      }
    }
    #expect(standing > 50 && fallen > 50)
  }

  /// Needs something more, something else, or something less.
  private func change(_ needs: inout Needs<Int>, _ count: Int, _ random: inout SeededGenerator) {
    var nodes = needs.nodes
    let node = Int.random(in: 0..<count, using: &random)
    if Bool.random(using: &random) || nodes.isEmpty {
      nodes.append(node)
    } else {
      nodes[.random(in: nodes.indices, using: &random)] = node
    }
    switch needs {
    case .any: needs = .any(nodes)
    case .all: needs = .all(nodes)
    case .one: needs = .one(nodes.last!)
    case .nothing: needs = .one(node)
    }
  }

  @Test(arguments: 0..<10)
  func `The answer for random graphs equals that of an exhaustive search`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var rings = 0
    for _ in 0..<200 {
      let count = Int.random(in: 1...12, using: &random)
      let graph = Graph(edges: (0..<count).map { _ in needs(count, &random) })
      for node in 0..<count {
        let ring = StuckSearch.ring(through: node, in: graph)
        if (ring != nil) != graph.isInRing(node) { Issue.record("\(graph.edges) \(node)") }
        if let ring {
          rings += 1
          check(ring, node, graph)
        }
      }
    }
    #expect(rings > 50)
  }

  private func check(_ ring: Ring<Int>, _ node: Int, _ graph: Graph) {
    let canEnd = graph.canEnd
    #expect(ring.path.first == node)
    for (from, to) in zip(ring.path, ring.path.dropFirst() + [node]) {
      #expect(graph.edges[from].nodes.contains(to))
    }
    #expect(ring.path.allSatisfy { ring.proof[$0] != nil })
    #expect(ring.proof.keys.allSatisfy { !canEnd[$0] })
    #expect(StuckSearch.persists(ring, in: graph))
    // A proof is one: with any node of it able to end, it does not stand.
    for node in ring.proof.keys {
      var other = graph
      other.edges[node] = .nothing
      #expect(!StuckSearch.persists(ring, in: other))
    }
  }

  private func needs(_ count: Int, _ random: inout SeededGenerator) -> Needs<Int> {
    func some() -> [Int] {
      (0..<Int.random(in: 0...3, using: &random)).map { _ in
        Int.random(in: 0..<count, using: &random)
      }
    }
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return .nothing
    case 1, 2, 3: return .one(Int.random(in: 0..<count, using: &random))
    case 4, 5: return .all(some())
    default:
      let any = some()
      return any.isEmpty ? .nothing : .any(any)
    }
  }
}

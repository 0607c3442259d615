// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// How often a search asks what a node needs: a ring has to be found within a millisecond, so it
/// may ask of each node a few times alone.
@Suite struct StuckSearchCostTests {
  private final class Counting: DependencyGraph {
    let edges: (Int) -> Needs<Int>
    var questions = 0

    init(_ edges: @escaping (Int) -> Needs<Int>) { self.edges = edges }

    func needs(of node: Int) -> Needs<Int> {
      questions += 1
      return edges(node)
    }
  }

  @Test(arguments: [1, 10, 1_000, 100_000])
  func `A chain is followed once, and a ring four times`(count: Int) throws {
    let chain = Counting { $0 + 1 < count ? .one($0 + 1) : .nothing }
    #expect(StuckSearch.ring(through: 0, in: chain) == nil)
    #expect(chain.questions == count)
    let ring = Counting { .one(($0 + 1) % count) }
    let found = try #require(StuckSearch.ring(through: 0, in: ring))
    #expect(StuckSearch.persists(found, in: ring))
    // Found not to end, collected, and read again.
    #expect(ring.questions <= 4 * count)
  }

  @Test func `A long chain into another ring takes no more than a few times as long`() {
    let graph = Counting { $0 == 2_000 ? .one(1_000) : .one($0 + 1) }
    #expect(StuckSearch.ring(through: 0, in: graph) == nil)
    #expect(graph.questions <= 5 * 2_001)
  }

  @Test func `Many paths to a node cost no more questions`() {
    let layers = 100
    let width = 20
    // Each needs all of the next layer: 20 to the power of 100 ways.
    let graph = Counting { node in
      let layer = node / width
      return layer + 1 < layers
        ? .all((0..<width).map { (layer + 1) * width + $0 }) : .nothing
    }
    #expect(StuckSearch.ring(through: 0, in: graph) == nil)
    // What can end by itself is asked at each edge, for it is not kept.
    #expect(graph.questions <= layers * width + width * width + 2)
  }
}

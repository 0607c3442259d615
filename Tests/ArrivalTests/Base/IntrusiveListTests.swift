// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

@Suite struct IntrusiveListTests {
  private final class Node {
    let number: Int
    fileprivate var olderLink = OlderLink<Node>()
    fileprivate var newerLink = NewerLink<Node>()

    init(_ number: Int) { self.number = number }
  }

  private enum Links: ListLinkage {
    static subscript(older node: Node) -> OlderLink<Node> {
      get { node.olderLink }
      _modify { yield &node.olderLink }
    }
    static subscript(newer node: Node) -> NewerLink<Node> {
      get { node.newerLink }
      _modify { yield &node.newerLink }
    }
  }

  private typealias List = IntrusiveList<Links>

  private func numbers(_ list: List) -> [Int] {
    var numbers: [Int] = []
    var next = list.newest
    while let node = next {
      numbers.append(node.number)
      next = list.older(than: node)
    }
    return numbers
  }

  @Test(arguments: 0..<100)
  func `The list agrees with an array`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let nodes = (0..<6).map(Node.init)
    var list = List()
    var model: [Int] = []
    for _ in 0..<200 {
      let node = nodes.randomElement(using: &generator)!
      switch Int.random(in: 0..<20, using: &generator) {
      case 0:
        var taken: [Int] = []
        var next = list.takeAll()
        while let node = next {
          taken.append(node.number)
          next = List.detachNext(node)
        }
        #expect(taken == model.reversed())
        model = []
      case ..<10 where !model.contains(node.number):
        list.add(node)
        model.insert(node.number, at: 0)
      default:
        #expect(list.remove(node) == model.contains(node.number))
        model.removeAll { $0 == node.number }
      }
      #expect(numbers(list) == model)
      #expect(list.isEmpty == model.isEmpty)
      for (newer, older) in zip(model, model.dropFirst()) {
        #expect(list.newer(than: nodes[older]) === nodes[newer])
      }
      if let first = model.first { #expect(list.newer(than: nodes[first]) == nil) }
    }
  }

  @Test func `A node is freed when the list drops it`() {
    var list = List()
    weak var dropped: Node?
    do {
      let node = Node(1)
      dropped = node
      list.add(node)
      list.add(Node(2))
    }
    #expect(dropped != nil)
    if let node = dropped { list.remove(node) }
    #expect(dropped == nil)
  }
}

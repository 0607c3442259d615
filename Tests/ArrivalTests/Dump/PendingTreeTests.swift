// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// The layout of trees, on graphs written down here.
@Suite struct PendingTreeTests {
  private func tree(
    _ needs: [Int: [Int]], from root: Int = 0, _ limits: DumpLimits = .default
  ) -> String {
    var tree = PendingTree(ScriptedGraph(needs: needs), limits)
    tree.add(root: root)
    return tree.text
  }

  @Test func `A tree shows a chain and a fork`() {
    #expect(
      tree([0: [1, 2], 1: [3]]) == """
        node 0
        - needs node 1
          - needs node 3
        - needs node 2

        """)
  }

  @Test func `A node that is needed twice is shown once, with a mark`() {
    #expect(
      tree([0: [1, 2], 1: [3], 2: [3], 3: [4]]) == """
        node 0
        - needs node 1
          - needs node 3 [1]
            - needs node 4
        - needs node 2
          - needs what is above, see [1]

        """)
  }

  @Test func `A ring ends at its first node, and says so`() {
    #expect(
      tree([0: [1], 1: [2], 2: [1]]) == """
        node 0
        - needs node 1 [1]
          - needs node 2
            - needs in a ring what needs this, see [1]

        """)
    #expect(tree([0: [0]]).contains("- needs in a ring what needs this, see [1]"))
  }

  @Test func `Marks are numbered, and all references to one node have the same mark`() {
    let text = tree([0: [1, 2, 1, 2, 1]])
    #expect(text.contains("node 1 [1]") && text.contains("node 2 [2]"))
    #expect(text.split(separator: "\n").filter { $0.contains("above, see [1]") }.count == 2)
    #expect(text.split(separator: "\n").filter { $0.contains("above, see [2]") }.count == 1)
  }

  @Test func `A node that has ended meanwhile is said to be done`() {
    #expect(tree([0: [-1, 1]]).contains("- needs what is done by now\n- needs node 1"))
    #expect(tree([:], from: -1) == "")
  }

  // MARK: Limits

  @Test func `The width limits the needs, and counts those left out or not listed`() {
    let all = Array(1...100)
    #expect(
      tree([0: all], .init(width: 3)).hasSuffix("node 3\n- … and 97 more\n"))
    #expect(
      tree([0: all, -1000: []], .init(width: 100)).split(separator: "\n").count == 101)
    var tree = PendingTree(ScriptedGraph(needs: [0: [1]], more: 5), .default)
    tree.add(root: 0)
    #expect(tree.text == "node 0\n- needs node 1\n- … and 5 more\n")
    tree = PendingTree(ScriptedGraph(needs: [0: [1]], more: nil), .default)
    tree.add(root: 0)
    #expect(tree.text == "node 0\n- needs node 1\n- … and more\n")
  }

  @Test func `The depth limits the levels`() {
    let chain = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ($0, [$0 + 1]) })
    let text = tree(chain, .init(depth: 3))
    #expect(text.split(separator: "\n").count == 5)
    #expect(text.hasSuffix("node 3\n      … what it needs is left out, too deep\n"))
  }

  @Test func `The limit of lines holds for all roots together, and nodes left out are counted`() {
    var tree = PendingTree(ScriptedGraph(needs: [0: [1, 2, 3], 7: [8]]), .init(lines: 3))
    tree.add(roots: [0, 7, 9], of: 1_000_000)
    #expect(tree.isFull)
    #expect(
      tree.text == """
        - node 0
          - needs node 1
          - needs node 2
          - … and 1 more
        - … and 999999 more

        """)
  }

  @Test func `A root that was shown below another is not shown again`() {
    var tree = PendingTree(ScriptedGraph(needs: [0: [1], 1: [2]]), .default)
    tree.add(roots: [0, 1, 2, 3, -1], of: 5)
    #expect(tree.text == "- node 0\n  - needs node 1\n    - needs node 2\n- node 3\n")
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `Any graph is laid out within its limits, each node once`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...40, using: &random)
    var needs: [Int: [Int]] = [:]
    for node in 0..<count {
      needs[node] = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        Int.random(in: -1..<count, using: &random)
      }
    }
    let limits = DumpLimits(
      lines: .random(in: 1...60, using: &random), depth: .random(in: 1...8, using: &random),
      width: .random(in: 1...5, using: &random))
    var tree = PendingTree(ScriptedGraph(needs: needs), limits)
    tree.add(roots: Array(0..<count), of: count)
    let lines = tree.text.split(separator: "\n")
    let nodes = lines.filter { $0.contains("node ") }
    #expect(lines.count { !$0.contains("…") } <= limits.lines)
    // Each node has at most one line that says what was left out.
    #expect(lines.count <= limits.lines * 2 + 1)
    let names = nodes.map { line in
      line[line.firstRange(of: "node ")!.upperBound...].prefix { $0.isNumber }
    }
    #expect(Set(names).count == names.count)
    #expect(lines.allSatisfy { $0.prefix { $0 == " " }.count <= limits.depth * 2 + 2 })
    if limits.lines >= count * 6 { #expect(Set(names).count == count) }
  }

  @Test func `Ages have two or three digits`() {
    let millisecond: UInt64 = 1_000_000
    let texts = [0, 350, 999, 1_000, 2_149, 99_999, 100_000, 5_999_000, 6_000_000, 400_000_000]
      .map { ageText($0 * millisecond) }
    #expect(
      texts == [
        "0 ms", "350 ms", "999 ms", "1.0 s", "2.1 s", "99.9 s", "1 min", "99 min", "1 h", "4 d",
      ])
  }
}

/// Negative nodes have ended.
private struct ScriptedGraph: PendingGraph {
  let needs: [Int: [Int]]
  var more: Int? = 0

  func entry(of id: Int, width: Int) -> PendingEntry<Int>? {
    if id < 0 { return nil }
    let needs = needs[id] ?? []
    return PendingEntry(
      text: "node \(id)", needs: needs.map { PendingNeed(label: "needs", id: $0) },
      more: needs.isEmpty ? 0 : more)
  }
}

// SPDX-License-Identifier: Apache-2.0
/// How much a dump shows of what is pending. A dump says what it leaves out.
public struct DumpLimits: Sendable, Hashable {
  /// 1000 lines, 32 levels, 16 needs of one future.
  public static let `default` = DumpLimits()

  /// The most lines of futures. Default 1000.
  public var lines: Int
  /// The most levels below a root. Default 32.
  public var depth: Int
  /// The most futures shown that one future needs. Default 16.
  public var width: Int

  public init(lines: Int = 1000, depth: Int = 32, width: Int = 16) {
    precondition(lines > 0 && depth > 0 && width > 0, "the limits of a dump must be at least 1")
    self.lines = lines
    self.depth = depth
    self.width = width
  }
}

/// An edge of the graph that a dump shows: what something pending needs.
struct PendingNeed<ID: Hashable> {
  /// How it needs it: `awaits, for 2 s,`.
  let label: String
  let id: ID
}

/// Something that is pending.
struct PendingEntry<ID: Hashable> {
  let text: String
  /// What it needs; not all of it, perhaps.
  var needs: [PendingNeed<ID>] = []
  /// How many more it needs; `nil` if there are more and they were not counted.
  var more: Int? = 0
}

/// A graph that may change while it is read.
protocol PendingGraph {
  associatedtype ID: Hashable
  /// The entry; `nil` for a node that has ended meanwhile.
  func entry(of id: ID, width: Int) -> PendingEntry<ID>?
}

/// Lays a graph out as trees, line by line.
///
/// Bounded in every direction. A node that was shown is not shown again: its line gets a mark, and
/// the second place refers to the mark. So it ends on cycles too. Pure.
struct PendingTree<Graph: PendingGraph> {
  private struct Line {
    var text: String
    var mark: Int?
  }

  private let graph: Graph
  private let limits: DumpLimits
  private var lines: [Line] = []
  private var budget: Int
  private var marks = 0
  /// The line of each node that was shown.
  private var shown: [Graph.ID: Int] = [:]
  /// The nodes above the current line.
  private var path: Set<Graph.ID> = []

  init(_ graph: Graph, _ limits: DumpLimits) {
    self.graph = graph
    self.limits = limits
    budget = limits.lines
  }

  /// All lines, with marks at their ends.
  var text: String {
    lines.map { $0.text + ($0.mark.map { " [\($0)]" } ?? "") + "\n" }.joined()
  }

  /// Whether there is room for more.
  var isFull: Bool { budget == 0 }

  mutating func add(line: String) { lines.append(Line(text: line)) }

  /// Adds a tree without a heading.
  mutating func add(root: Graph.ID) {
    if let entry = graph.entry(of: root, width: limits.width) {
      show(root, entry, lead: "", indent: "", level: 0)
    }
  }

  /// Adds a tree for each root that has not been shown.
  ///
  /// - Parameter count: how many roots there are; `nil` if there are more than these and they were
  ///   not counted.
  mutating func add(roots: [Graph.ID], of count: Int?) {
    var left = 0
    for root in roots where shown[root] == nil {
      if isFull {
        left += 1
      } else if let entry = graph.entry(of: root, width: limits.width) {
        show(root, entry, lead: "- ", indent: "  ", level: 0)
      }
    }
    leaveOut(count.map { $0 - roots.count + left }, "- ")
  }

  private mutating func show(
    _ need: PendingNeed<Graph.ID>, lead: String, indent: String, level: Int
  ) {
    let lead = "\(lead)\(need.label) "
    if let line = shown[need.id] {
      refer(to: line, isRing: path.contains(need.id), lead)
    } else if let entry = graph.entry(of: need.id, width: limits.width) {
      show(need.id, entry, lead: lead, indent: indent, level: level)
    } else {
      append("\(lead)what is done by now")
    }
  }

  private mutating func show(
    _ id: Graph.ID, _ entry: PendingEntry<Graph.ID>, lead: String, indent: String, level: Int
  ) {
    shown[id] = lines.count
    append(lead + entry.text)
    if entry.needs.isEmpty { return }
    if level >= limits.depth { return add(line: "\(indent)… what it needs is left out, too deep") }
    path.insert(id)
    var left = max(0, entry.needs.count - limits.width)
    for need in entry.needs.prefix(limits.width) {
      if isFull {
        left += 1
      } else {
        show(need, lead: indent + "- ", indent: indent + "  ", level: level + 1)
      }
    }
    leaveOut(entry.more.map { $0 + left }, indent + "- ")
    path.remove(id)
  }

  private mutating func refer(to line: Int, isRing: Bool, _ lead: String) {
    if lines[line].mark == nil {
      marks += 1
      lines[line].mark = marks
    }
    let mark = lines[line].mark ?? 0
    append("\(lead)\(isRing ? "in a ring what needs this" : "what is above"), see [\(mark)]")
  }

  private mutating func append(_ text: String) {
    lines.append(Line(text: text))
    budget -= 1
  }

  private mutating func leaveOut(_ count: Int?, _ lead: String) {
    guard let count else { return add(line: "\(lead)… and more") }
    if count > 0 { add(line: "\(lead)… and \(count) more") }
  }
}

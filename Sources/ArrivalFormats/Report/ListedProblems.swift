// SPDX-License-Identifier: Apache-2.0
/// Decides which problems are listed, and sums up the others by their reasons. A pure value.
struct ListedProblems: Sendable {
  private struct Reason: Sendable {
    var listed = 0
    var unlisted = 0
    /// The first problem, for the summary.
    var example: String
  }

  /// How many problems of a reason are listed once ``ProblemLog/limit`` problems are.
  private static let limitOfReason = 3
  private static let maxReasons = 30

  private(set) var count = 0
  private var listed = 0
  private var reasons: [String: Reason] = [:]
  /// The reasons in the order in which they came.
  private var order: [String] = []
  /// The problems of too many different reasons.
  private var others = 0

  /// Counts a problem.
  ///
  /// - Returns: Whether it is to be listed.
  mutating func add(_ problem: String) -> Bool {
    count += 1
    let name = Self.reason(of: problem)
    if reasons[name] == nil {
      guard reasons.count < Self.maxReasons else {
        others += 1
        return false
      }
      reasons[name] = Reason(example: problem)
      order.append(name)
    }
    guard listed < ProblemLog.limit || reasons[name]!.listed < Self.limitOfReason else {
      reasons[name]?.unlisted += 1
      return false
    }
    listed += 1
    reasons[name]?.listed += 1
    return true
  }

  /// One line for each reason that has problems which were not listed.
  var summary: [String] {
    let unlisted = order.compactMap { reasons[$0] }.filter { $0.unlisted > 0 }
    var lines: [String] = []
    for reason in unlisted {
      let rows = counted(reason.unlisted, "more row")
      lines.append(
        reasons.count == 1 ? "and \(rows) like these" : "and \(rows) like this: \(reason.example)")
    }
    if others > 0 { lines.append("and \(counted(others, "more row")) with other problems") }
    return lines
  }

  /// The words of a problem without those that differ from row to row: the line, numbers, values
  /// and keys. The name of a column stays.
  private static func reason(of problem: String) -> String {
    var words: [Substring] = []
    var isQuoted = false
    for word in problem.split(separator: " ") {
      let isColumn = words.last == "column"
      let quotes = word.utf8.count { $0 == UInt8(ascii: "\"") }
      if isColumn || (quotes == 0 && !isQuoted && !word.utf8.contains(where: isVariable)) {
        words.append(word)
      }
      if !quotes.isMultiple(of: 2), !isColumn { isQuoted.toggle() }
    }
    return words.joined(separator: " ")
  }

  /// Whether a byte occurs in numbers and keys.
  private static func isVariable(_ byte: UInt8) -> Bool {
    48...57 ~= byte || byte == UInt8(ascii: "/")
  }
}

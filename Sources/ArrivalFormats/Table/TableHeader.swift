// SPDX-License-Identifier: Apache-2.0
/// The names of the columns of a table. No name is empty, and no two are equal.
package struct TableHeader: Sendable, Hashable {
  /// The line on which the header begins; the first line of the input is 1.
  package var line: Int
  package var columns: [String]
  /// One sentence for each name that was changed.
  package var repairs: [String]

  /// The header of a table without one: its columns are called `column_1`, `column_2` and so on.
  init(line: Int, count: Int) {
    self.line = line
    columns = (1...max(count, 1)).map { "column_\($0)" }
    repairs = []
  }

  /// Makes usable names from the fields of the header.
  ///
  /// Spaces and tabs around a name are removed. A column without a name is called `column_` and its
  /// number. A column with the name of a column further left gets the suffix `_2`, `_3` and so on.
  /// Suffixes that would give the name of another column are skipped.
  init(line: Int, fields: [String]) {
    self.line = line
    columns = []
    repairs = []

    let names = fields.map(Self.trimmed)
    var taken = Set(names)
    var seen: Set<String> = []
    var nextSuffix: [String: Int] = [:]
    var trimmed: [String] = []
    for (index, name) in names.enumerated() {
      if !name.isEmpty, seen.insert(name).inserted {
        columns.append(name)
        if name.utf8.count != fields[index].utf8.count { trimmed.append(name) }
        continue
      }
      var candidate = name.isEmpty ? "column_\(index + 1)" : name
      let stem = candidate
      // Continue where the last search for this stem ended: many equal names cost linear time.
      var suffix = nextSuffix[stem] ?? 2
      while !taken.insert(candidate).inserted {
        candidate = "\(stem)_\(suffix)"
        suffix += 1
      }
      nextSuffix[stem] = suffix
      columns.append(candidate)
      repairs.append(
        name.isEmpty
          ? "column \(index + 1) has no name; it is stored as \"\(candidate)\""
          : "column \(index + 1) is a second \"\(name)\"; it is stored as \"\(candidate)\"")
    }
    if !trimmed.isEmpty {
      let names = trimmed.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
      let rest = trimmed.count > 5 ? " and \(trimmed.count - 5) more" : ""
      repairs.append("spaces around names of columns are left out: \(names)\(rest)")
    }
  }

  private static func trimmed(_ name: String) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    guard let first = name.firstIndex(where: { !isBlank($0) }) else { return "" }
    let last = name.lastIndex(where: { !isBlank($0) }) ?? first
    return String(name[first...last])
  }
}

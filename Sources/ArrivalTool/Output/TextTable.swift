// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats

  /// A table for people: a header and rows, in aligned columns.
  struct TextTable {
    /// The maximum width of a column, in characters. Longer fields are truncated.
    static let maxWidth = 40

    var header: [String]
    /// Columns whose fields are aligned right, for numbers.
    var rightAligned: Set<Int> = []
    /// Columns whose fields are never truncated, because people copy keys.
    var uncut: Set<Int> = []
    var rows: [[String]] = []

    /// The header, a rule and the rows.
    var lines: [String] {
      let header = shown(header)
      let rows = rows.map(shown)
      let widths = Self.widths(of: [header] + rows)
      let rule = widths.map { String(repeating: "-", count: $0) }
      return ([header, rule] + rows).map { line($0, widths) }
    }

    /// The widths of the columns.
    var widths: [Int] { Self.widths(of: ([header] + rows).map(shown)) }

    /// The rows without the header, in columns of the given widths. A longer field sticks out.
    func lines(widths: [Int]) -> [String] { rows.map { line(shown($0), widths) } }

    private static func widths(of rows: [[String]]) -> [Int] {
      (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    }

    private func shown(_ row: [String]) -> [String] {
      row.enumerated().map {
        Self.shown($1, width: uncut.contains($0) ? .max : Self.maxWidth)
      }
    }

    private func line(_ row: [String], _ widths: [Int]) -> String {
      var line = ""
      for (column, field) in row.enumerated() {
        let space = String(repeating: " ", count: max(0, widths[column] - field.count))
        line +=
          (column > 0 ? "  " : "")
          + (rightAligned.contains(column) ? space + field : field + space)
      }
      while line.last == " " { line.removeLast() }
      return line
    }

    /// A field on one line, with escapes for the characters that a terminal would obey.
    private static func shown(_ field: String, width: Int) -> String {
      let scalars = field.unicodeScalars.prefix(width == .max ? .max : width * 8)
      let text = Escaped(String(String.UnicodeScalarView(scalars))).description
      return text.count > width ? text.prefix(width - 1) + "…" : text
    }
  }
#endif

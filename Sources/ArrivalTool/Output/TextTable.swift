#if SQLite
  /// Rows below a header, in columns as wide as what is in them, for people.
  struct TextTable {
    /// The widest a column gets; longer fields are cut.
    static let maximumWidth = 40

    var header: [String]
    /// Columns whose fields stand at their right end, as numbers do.
    var rightAligned: Set<Int> = []
    /// Columns whose fields are never cut: keys are there to be used again.
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

    /// How wide the columns are.
    var widths: [Int] { Self.widths(of: ([header] + rows).map(shown)) }

    /// The rows alone, under a header whose columns are as wide as said: a longer field stands out.
    func lines(widths: [Int]) -> [String] { rows.map { line(shown($0), widths) } }

    private static func widths(of rows: [[String]]) -> [Int] {
      (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    }

    private func shown(_ row: [String]) -> [String] {
      row.enumerated().map {
        Self.shown($1, width: uncut.contains($0) ? .max : Self.maximumWidth)
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

    /// A field in one line, without what would move the cursor of a terminal.
    private static func shown(_ field: String, width: Int) -> String {
      var result = String.UnicodeScalarView()
      for scalar in field.unicodeScalars.prefix(width == .max ? .max : width * 8) {
        switch scalar {
        case "\n": result.append(contentsOf: "\\n".unicodeScalars)
        case "\t": result.append(contentsOf: "\\t".unicodeScalars)
        default:
          let isControl = scalar.properties.generalCategory == .control
          result.append(isControl ? "\u{FFFD}" : scalar)
        }
      }
      let text = String(result)
      return text.count > width ? text.prefix(width - 1) + "…" : text
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats

  /// A table for people: a header and rows, in aligned columns.
  struct TextTable {
    /// Beyond this width a column is not padded, unless the table fits its terminal: a longer field
    /// sticks out, instead of pushing the columns of all other rows to the right.
    static let maxPadding = 60
    /// A column that has to be cut keeps this width, so that something of it can be read.
    static let minWidth = 6

    var header: [String]
    /// Columns whose fields are aligned right, for numbers.
    var rightAligned: Set<Int> = []
    /// Columns whose fields are never cut, because people copy keys.
    var uncut: Set<Int> = []
    var rows: [[String]] = []

    /// The header, a rule and the rows. No field is cut.
    var lines: [String] { lines(Layout(widths: naturalWidths(limit: .max), cuts: false)) }

    /// How wide the columns are, and whether longer fields are cut.
    struct Layout {
      var widths: [Int]
      var cuts: Bool
    }

    /// The widths with which the rows fit into a terminal; `nil` if they do not fit.
    ///
    /// The widest columns are cut first.
    ///
    /// - Parameter width: The width of the terminal; `nil` if the output goes elsewhere. Nothing is
    ///   cut then.
    func layout(fitting width: Int?) -> Layout? {
      guard let width else {
        return Layout(widths: naturalWidths(limit: Self.maxPadding), cuts: false)
      }
      var widths = naturalWidths(limit: .max)
      let room = width - 2 * (widths.count - 1)
      if widths.reduce(0, +) <= room { return Layout(widths: widths, cuts: true) }
      // The columns that may be cut share what the others leave, but none gets more than it needs.
      let fixed = widths.indices.filter { uncut.contains($0) || widths[$0] <= Self.minWidth }
      var left = room - fixed.reduce(0) { $0 + widths[$1] }
      let others = widths.indices.filter { !fixed.contains($0) }.sorted { widths[$0] < widths[$1] }
      for (number, column) in others.enumerated() {
        widths[column] = min(widths[column], left / (others.count - number))
        left -= widths[column]
        if widths[column] < Self.minWidth { return nil }
      }
      return widths.reduce(0, +) <= room ? Layout(widths: widths, cuts: true) : nil
    }

    /// The header, a rule and the rows.
    func lines(_ layout: Layout) -> [String] {
      let rule = layout.widths.map { String(repeating: "-", count: $0) }
      return [line(header, layout), line(rule, layout)] + rowLines(layout)
    }

    /// The rows without the header.
    func rowLines(_ layout: Layout) -> [String] { rows.map { line($0, layout) } }

    private func naturalWidths(limit: Int) -> [Int] {
      header.indices.map { column in
        ([header] + rows).reduce(0) {
          // No terminal is wider, and most of a very long text need not be looked at.
          max($0, min(limit, DisplayWidth.of(Self.shown($1[column], limit: 4_096))))
        }
      }
    }

    private func line(_ row: [String], _ layout: Layout) -> String {
      var line = ""
      for (column, field) in row.enumerated() {
        let width = layout.widths[column]
        let mayCut = layout.cuts && !uncut.contains(column)
        let text = Self.shown(field, limit: mayCut ? width * 8 : .max)
        let isCut = mayCut && DisplayWidth.of(text) > width
        let cell = isCut ? String(DisplayWidth.prefix(text, width: width - 1)) + "…" : text
        let space = String(repeating: " ", count: max(0, width - DisplayWidth.of(cell)))
        line +=
          (column > 0 ? "  " : "")
          + (rightAligned.contains(column) ? space + cell : cell + space)
      }
      while line.last == " " { line.removeLast() }
      return line
    }

    /// The beginning of a field on one line, with escapes for the characters that a terminal would
    /// obey.
    private static func shown(_ field: String, limit: Int) -> String {
      if field.utf8.count <= limit { return Escaped(field).description }
      return Escaped(String(String.UnicodeScalarView(field.unicodeScalars.prefix(limit))))
        .description
    }
  }
#endif

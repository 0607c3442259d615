// SPDX-License-Identifier: Apache-2.0
/// Collects what is worth a note at the end of a table. A pure value.
struct TableNotes: Sendable {
  /// Something that occurred on several lines.
  private struct Tally: Sendable {
    var count = 0
    var firstLine = 0

    mutating func add(_ line: Int) {
      if count == 0 { firstLine = line }
      count += 1
    }
  }

  private var openQuotes = Tally()
  private var padded = Tally()
  private var dropped = Tally()
  private var empty = Tally()
  private var delimiters: [Delimiter: Tally] = [:]

  mutating func addOpenQuote(_ line: Int) { openQuotes.add(line) }
  mutating func addPadded(_ line: Int) { padded.add(line) }
  mutating func addDropped(_ line: Int) { dropped.add(line) }
  mutating func addEmpty(_ line: Int) { empty.add(line) }

  /// Looks for delimiters in the only field of a row.
  mutating func addSingle(_ field: String, line: Int) {
    for delimiter: Delimiter in [.tab, .semicolon, .bar]
    where field.utf8.contains(delimiter.byte) {
      delimiters[delimiter, default: Tally()].add(line)
    }
  }

  /// The notes, in the order of their lines. Each is returned once.
  mutating func take() -> [TableNote] {
    var notes: [TableNote] = []
    func add(_ tally: Tally, _ text: (String) -> String) {
      guard tally.count > 0 else { return }
      notes.append(TableNote(line: tally.firstLine, text: text(Self.subject(tally.count))))
    }
    add(openQuotes) {
      """
      \($0) a field that begins with a quote which nothing closes on its line; the quote was taken \
      as text. If quoted fields extend across lines, add --quote '"'
      """
    }
    add(padded) { "\($0) another number of fields than the header and was padded (--ragged pad)" }
    add(dropped) {
      "\($0) another number of fields than the header and was left out (--ragged drop)"
    }
    if empty.count > 0 {
      let subject =
        empty.count == 1
        ? "this line is empty"
        : "this line, like \(counted(empty.count - 1, "line")) below it, is empty"
      notes.append(
        TableNote(
          line: empty.firstLine,
          text: "\(subject) and no row; an empty field in a table of one column is written \"\""))
    }
    for (delimiter, tally) in delimiters {
      add(tally) {
        """
        the table has one column, and \($0) a \(delimiter.name) in it; if it divides fields, add \
        --delimiter \(delimiter.name)
        """
      }
    }
    self = TableNotes()
    return notes.sorted { ($0.line, $0.text) < ($1.line, $1.text) }
  }

  private static func subject(_ count: Int) -> String {
    count == 1 ? "this row has" : "this row, like \(counted(count - 1, "row")) below it, has"
  }
}

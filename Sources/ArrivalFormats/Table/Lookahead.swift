// SPDX-License-Identifier: Apache-2.0
/// Looks at the lines below a header of one field, to see whether something divides them.
///
/// A title above the header, or a header that was forgotten, looks like a table of one column. All
/// of its rows would be stored as one text each.
enum Lookahead {
  /// How many bytes below the header are looked at.
  static let length = 1 << 14
  private static let maxLines = 200
  static let candidates: [Delimiter] = [.tab, .semicolon, .comma, .bar]

  /// The delimiter that divides all lines from one line on into equally many fields, and how many
  /// lines are before that line.
  static func divided(
    _ bytes: UnsafeBufferPointer<UInt8>, quote: UInt8?, isLast: Bool
  ) -> (delimiter: Delimiter, linesBefore: Int)? {
    let lines = lines(in: bytes, isLast: isLast)
    for delimiter in candidates {
      let counts = lines.map { count(of: delimiter.byte, in: bytes[$0], quote: quote) }
      guard let first = counts.firstIndex(where: { $0 > 0 }) else { continue }
      let divided = zip(lines, counts).dropFirst(first).filter { !$0.0.isEmpty }.map(\.1)
      // A single line of a long text that has the byte proves nothing.
      let isMost = divided.count > first
      if isMost, divided.allSatisfy({ $0 == divided[0] }) { return (delimiter, first) }
    }
    return nil
  }

  /// The ranges of complete lines.
  private static func lines(
    in bytes: UnsafeBufferPointer<UInt8>, isLast: Bool
  ) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var ends = LineEnds()
    var start = 0
    while start < bytes.count, lines.count < maxLines {
      let end = ends.first(in: bytes, from: start, to: bytes.count) ?? bytes.count
      if end == bytes.count, !isLast { break }
      guard let next = LineEnds.next(in: bytes, after: end, isLast: true) else { break }
      lines.append(start..<end)
      start = next
    }
    return lines
  }

  /// How often a byte occurs outside of quotes.
  private static func count(
    of delimiter: UInt8, in line: Slice<UnsafeBufferPointer<UInt8>>, quote: UInt8?
  ) -> Int {
    var count = 0
    var isQuoted = false
    for byte in line {
      if byte == quote { isQuoted.toggle() }
      if byte == delimiter, !isQuoted { count += 1 }
    }
    return count
  }

  /// What most of the first rows have in common, though not with the header.
  struct Misfits: Hashable {
    /// How many rows were looked at, and how many of them have `fields` fields.
    var rows: Int
    var count: Int
    var fields: Int
    /// The line on which the first of these rows is.
    var firstLine: Int
  }

  /// Finds out whether more than half of the first rows have the same number of fields, and either
  /// more than the header or only one. Rows that lack some fields are no sign of a title.
  ///
  /// - Parameters:
  ///   - bytes: The bytes below the header.
  ///   - line: The line on which they begin.
  ///   - comment: The first byte of lines that are no rows.
  static func misfits(
    _ bytes: UnsafeBufferPointer<UInt8>, header: Int, line: Int, dialect: Dialect, comment: UInt8?,
    isLast: Bool
  ) -> Misfits? {
    // A stray quote of TSV must not hide the lines below it.
    let quote = dialect.quoting == .acrossLines ? dialect.quote : nil
    let rows = rows(in: bytes, line: line, dialect.delimiter.byte, quote, comment, isLast)
    let counts = Dictionary(rows.map { ($0.fields, 1) }, uniquingKeysWith: +)
    guard let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      most.value > 1, most.value * 2 > rows.count, most.key > header || most.key == 1 && header > 1,
      let first = rows.first(where: { $0.fields == most.key })
    else { return nil }
    return Misfits(
      rows: rows.count, count: most.value, fields: most.key, firstLine: first.line)
  }

  /// The complete rows with their lines and the numbers of their fields, without empty lines.
  private static func rows(
    in bytes: UnsafeBufferPointer<UInt8>, line: Int, _ delimiter: UInt8, _ quote: UInt8?,
    _ comment: UInt8?, _ isLast: Bool
  ) -> [(line: Int, fields: Int)] {
    var rows: [(line: Int, fields: Int)] = []
    var start = 0
    var startLine = line
    var nextLine = line
    var fields = 1
    var isQuoted = false
    var previous: UInt8 = 0
    func end(_ position: Int) {
      let row = bytes[start..<position]
      if row.contains(where: { $0 != .space }), row.first != comment || comment == nil {
        rows.append((startLine, fields))
      }
    }
    for (position, byte) in bytes.enumerated() where rows.count < maxLines {
      let isSecond = byte == .lineFeed && previous == .carriageReturn
      previous = byte
      if isSecond {
        if start == position { start += 1 }
        continue
      }
      if byte == quote { isQuoted.toggle() }
      let isLineEnd = byte == .lineFeed || byte == .carriageReturn
      if isLineEnd { nextLine += 1 }
      if isQuoted { continue }
      if isLineEnd {
        end(position)
        start = position + 1
        startLine = nextLine
        fields = 1
      } else if byte == delimiter {
        fields += 1
      }
    }
    if isLast, start < bytes.count, rows.count < maxLines { end(bytes.count) }
    return rows
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Looks at the lines below a header of one field, to see whether something divides them.
///
/// A title above the header, or a header that was forgotten, looks like a table of one column. All
/// of its rows would be stored as one text each.
enum Lookahead {
  /// How many bytes below the header are looked at.
  static let length = 1 << 14
  private static let maxLines = 50
  private static let candidates: [Delimiter] = [.tab, .semicolon, .comma, .bar]

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
}

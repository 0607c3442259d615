/// Finds the end of a row without dividing the row into fields.
///
/// Each call continues where the last chunk ended. Offsets count from the first byte of the row, so
/// the caller may move the bytes between two calls.
struct RowScanner: Sendable {
  enum Outcome: Hashable {
    case needsMore
    case row(Extent)
    case malformed(Fault, recovery: Recovery)
  }

  struct Extent: Hashable {
    /// The bytes of the row without its line feed.
    var length: Int
    /// The bytes of the row with its line feed.
    var consumed: Int
    /// How many lines the row takes.
    var lines: Int
    var hasQuotes: Bool
  }

  /// What is wrong with a row. Its first line is line 0.
  enum Fault: Hashable {
    case unterminatedQuote(openedOn: Int)
    case strayCharacter(line: Int)
    case tooLong(openedOn: Int?)
  }

  /// Where the next row begins: always on the line after the first line of the malformed row. So a
  /// quote that nothing closes costs one line and not the rest of the table.
  enum Recovery: Hashable {
    case offset(Int)
    case afterNextLineFeed
  }

  /// The longest row in bytes, without its line feed.
  let limit: Int
  private var searched = 0
  private var firstLineEnd: Int?
  private var quotedRow: QuotedRow?

  init(limit: Int) {
    self.limit = limit
  }

  /// The length of the first line, or `nil` if its end is not in `bytes` or lies past the limit.
  ///
  /// - Parameters:
  ///   - bytes: All pending bytes, from the first byte of the row.
  ///   - isLast: Whether the input ends with `bytes`.
  mutating func firstLine(in bytes: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Int? {
    if let firstLineEnd { return firstLineEnd }
    let window = min(bytes.count, limit + 1)
    if let found = bytes.offset(of: .lineFeed, from: searched, to: window) {
      firstLineEnd = found
    } else if isLast, bytes.count <= limit {
      firstLineEnd = bytes.count
    } else {
      searched = window
    }
    return firstLineEnd
  }

  /// Looks for the end of the row in all pending bytes.
  mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, dialect: Dialect
  ) -> Outcome {
    guard let end = firstLine(in: bytes, isLast: isLast) else {
      return bytes.count > limit
        ? .malformed(.tooLong(openedOn: nil), recovery: .afterNextLineFeed) : .needsMore
    }
    var row: QuotedRow
    if let quotedRow {
      row = quotedRow
    } else {
      let hasQuotes = bytes.offset(of: .quote, from: 0, to: end) != nil
      if !hasQuotes || dialect.quoting == .withinLine {
        return .row(Self.extent(length: end, lines: 1, of: bytes, hasQuotes: hasQuotes))
      }
      row = QuotedRow()
    }
    let outcome = row.advance(
      over: bytes, limit: limit, isLast: isLast, delimiter: dialect.delimiter.byte)
    quotedRow = row
    switch outcome {
    case .needsMore:
      return .needsMore
    case .end(let length):
      return .row(Self.extent(length: length, lines: row.line + 1, of: bytes, hasQuotes: true))
    case .fault(let fault):
      return .malformed(fault, recovery: .offset(min(end + 1, bytes.count)))
    }
  }

  private static func extent(
    length: Int, lines: Int, of bytes: UnsafeBufferPointer<UInt8>, hasQuotes: Bool
  ) -> Extent {
    Extent(
      length: length, consumed: min(length + 1, bytes.count), lines: lines, hasQuotes: hasQuotes)
  }
}

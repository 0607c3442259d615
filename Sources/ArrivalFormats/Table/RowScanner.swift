// SPDX-License-Identifier: Apache-2.0
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
    /// The bytes of the row without its line end.
    var length: Int
    /// The bytes of the row with its line end.
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
    case afterNextLineEnd
  }

  /// The longest row in bytes, without its line end.
  let limit: Int
  private var ends = LineEnds()
  private var firstLineEnd: Int?
  private var quotedRow: QuotedRow?

  init(limit: Int) {
    self.limit = limit
  }

  /// Begins a new row after the first `count` bytes.
  mutating func advance(_ count: Int) {
    ends.removeFirst(count)
    firstLineEnd = nil
    quotedRow = nil
  }

  /// The length of the first line, or `nil` if its end is not in `bytes` or lies past the limit.
  ///
  /// - Parameters:
  ///   - bytes: All pending bytes, from the first byte of the row.
  ///   - isLast: Whether the input ends with `bytes`.
  private mutating func firstLine(
    in bytes: UnsafeBufferPointer<UInt8>, isLast: Bool
  ) -> Int? {
    if let firstLineEnd { return firstLineEnd }
    if let found = ends.first(in: bytes, from: 0, to: min(bytes.count, limit + 1)) {
      firstLineEnd = found
    } else if isLast, bytes.count <= limit {
      firstLineEnd = bytes.count
    }
    return firstLineEnd
  }

  /// The offset behind the next line end, or `nil` if it is not in `bytes`.
  mutating func nextLine(in bytes: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Int? {
    guard let end = ends.first(in: bytes, from: 0, to: bytes.count) else {
      return isLast ? bytes.count : nil
    }
    return LineEnds.next(in: bytes, after: end, isLast: isLast)
  }

  /// Looks for the end of the row in all pending bytes.
  mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, dialect: Dialect
  ) -> Outcome {
    guard let end = firstLine(in: bytes, isLast: isLast) else {
      return bytes.count > limit
        ? .malformed(.tooLong(openedOn: nil), recovery: .afterNextLineEnd) : .needsMore
    }
    guard let next = LineEnds.next(in: bytes, after: end, isLast: isLast) else {
      return .needsMore
    }
    guard let quote = dialect.quote else {
      return .row(Extent(length: end, consumed: next, lines: 1, hasQuotes: false))
    }
    var row: QuotedRow
    if let quotedRow {
      row = quotedRow
    } else {
      let hasQuotes = bytes.offset(of: quote, from: 0, to: end) != nil
      if !hasQuotes || dialect.quoting == .withinLine {
        return .row(Extent(length: end, consumed: next, lines: 1, hasQuotes: hasQuotes))
      }
      row = QuotedRow(quote: quote, delimiter: dialect.delimiter.byte)
    }
    let outcome = row.advance(over: bytes, limit: limit, isLast: isLast)
    quotedRow = row
    switch outcome {
    case .needsMore:
      return .needsMore
    case .end(let length):
      guard let next = LineEnds.next(in: bytes, after: length, isLast: isLast) else {
        return .needsMore
      }
      return .row(Extent(length: length, consumed: next, lines: row.line + 1, hasQuotes: true))
    case .fault(let fault):
      return .malformed(fault, recovery: .offset(next))
    }
  }
}

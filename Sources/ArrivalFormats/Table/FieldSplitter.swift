/// Divides a complete row into its fields.
struct FieldSplitter: Sendable {
  let dialect: Dialect
  /// How many fields a row must have; `nil` for the header, which sets the number.
  let expected: Int?

  /// The fields of `row`, which has no line feed at its end. A carriage return at its end is
  /// dropped.
  func fields(
    of row: UnsafeBufferPointer<UInt8>, hasQuotes: Bool
  ) throws(MalformedRow.Reason) -> [String] {
    let end = row.last == .carriageReturn ? row.count - 1 : row.count
    let delimiter = dialect.delimiter.byte
    var fields: [String] = []
    fields.reserveCapacity(expected ?? 16)
    var invalidField: Int?
    var found = 0
    var start = 0
    while true {
      var fieldEnd = start
      var value: String?
      if hasQuotes, start < end, row[start] == .quote,
        let quoted = closingQuote(in: row, openedAt: start, end: end)
      {
        value = Self.text(row, start + 1, quoted.offset, hasPairs: quoted.hasPairs)
        fieldEnd = quoted.offset + 1
      } else {
        while fieldEnd < end, row[fieldEnd] != delimiter { fieldEnd += 1 }
        value = Self.text(row, start, fieldEnd, hasPairs: false)
      }
      found += 1
      // The fields of a row that has far too many are counted but not kept.
      if expected.map({ found <= $0 }) ?? true {
        if let value { fields.append(value) } else { invalidField = invalidField ?? found }
      }
      if fieldEnd == end { break }
      start = fieldEnd + 1
    }
    if let expected, found != expected { throw .fieldCount(expected: expected, found: found) }
    if let invalidField { throw .invalidUTF8(field: invalidField) }
    return fields
  }

  /// The quote that closes the field opened at `start`, or `nil` if the opening quote is ordinary
  /// text.
  private func closingQuote(
    in row: UnsafeBufferPointer<UInt8>, openedAt start: Int, end: Int
  ) -> (offset: Int, hasPairs: Bool)? {
    var hasPairs = false
    var position = start + 1
    while let quote = row.offset(of: .quote, from: position, to: end) {
      let next = quote + 1
      if next < end, row[next] == .quote {
        hasPairs = true
        position = next + 1
      } else if next == end || row[next] == dialect.delimiter.byte {
        return (quote, hasPairs)
      } else {
        return nil
      }
    }
    return nil
  }

  private static func text(
    _ row: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, hasPairs: Bool
  ) -> String? {
    guard hasPairs else { return validated(UnsafeBufferPointer(rebasing: row[start..<end])) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(end - start)
    var position = start
    while position < end {
      bytes.append(row[position])
      position += row[position] == .quote ? 2 : 1
    }
    return bytes.withUnsafeBufferPointer { validated($0) }
  }

  /// The text in `bytes`, or `nil` if they are not UTF-8.
  ///
  /// `String(validating:as:)` does the same, but looks up generic metadata at run time, which takes
  /// over half of the time of a whole parse.
  private static func validated(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    // Decoding replaces invalid bytes by valid ones, so the text then differs from `bytes`.
    var union: UInt8 = 0
    for byte in bytes { union |= byte }
    return union < 0x80 || text.utf8.elementsEqual(bytes) ? text : nil
  }
}

extension MalformedRow.Reason: Error {}

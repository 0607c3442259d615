// SPDX-License-Identifier: Apache-2.0
/// Divides a complete row into its fields.
struct FieldSplitter: Sendable {
  /// The fields of a row.
  struct Fields {
    /// The fields, up to the number that was expected.
    var values: [String] = []
    /// How many fields the row has.
    var found = 0
    /// Whether the fields beyond the expected number are all empty.
    var hasOnlyEmptyExtras = true
    /// The first field that is not text in the file's encoding, counted from 1.
    var invalid: Int?
    /// The first field that begins with a quote that nothing closes on its line, counted from 1.
    var openQuote: Int?
  }

  let dialect: Dialect
  /// How many fields a row must have; `nil` for the header, which sets the number.
  let expected: Int?

  /// The fields of `row`, which has no line end.
  func fields(of row: UnsafeBufferPointer<UInt8>, hasQuotes: Bool) -> Fields {
    let delimiter = dialect.delimiter.byte
    let quote = hasQuotes ? dialect.quote : nil
    var fields = Fields()
    fields.values.reserveCapacity(expected ?? 16)
    var start = 0
    while true {
      var fieldEnd = start
      var value: String?
      fields.found += 1
      if let quote, start < row.count, row[start] == quote,
        let quoted = closingQuote(in: row, openedAt: start, quote, &fields)
      {
        value = Self.text(row, start + 1, quoted.offset, pairsOf: quoted.hasPairs ? quote : nil)
        fieldEnd = quoted.offset + 1
      } else {
        while fieldEnd < row.count, row[fieldEnd] != delimiter { fieldEnd += 1 }
        value = Self.text(row, start, fieldEnd, pairsOf: nil)
      }
      // The fields of a row that has far too many are counted but not kept.
      if expected.map({ fields.found <= $0 }) ?? true {
        if let value {
          fields.values.append(value)
        } else {
          fields.invalid = fields.invalid ?? fields.found
        }
      } else if value?.isEmpty != true {
        fields.hasOnlyEmptyExtras = false
      }
      if fieldEnd == row.count { return fields }
      start = fieldEnd + 1
    }
  }

  /// The quote that closes the field opened at `start`, or `nil` if the opening quote is ordinary
  /// text.
  private func closingQuote(
    in row: UnsafeBufferPointer<UInt8>, openedAt start: Int, _ quote: UInt8,
    _ fields: inout Fields
  ) -> (offset: Int, hasPairs: Bool)? {
    var hasPairs = false
    var position = start + 1
    while let found = row.offset(of: quote, from: position, to: row.count) {
      let next = found + 1
      if next < row.count, row[next] == quote {
        hasPairs = true
        position = next + 1
      } else if next == row.count || row[next] == dialect.delimiter.byte {
        return (found, hasPairs)
      } else {
        return nil
      }
    }
    fields.openQuote = fields.openQuote ?? fields.found
    return nil
  }

  private static func text(
    _ row: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, pairsOf quote: UInt8?
  ) -> String? {
    guard let quote else { return validated(UnsafeBufferPointer(rebasing: row[start..<end])) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(end - start)
    var position = start
    while position < end {
      bytes.append(row[position])
      position += row[position] == quote ? 2 : 1
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

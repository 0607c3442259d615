// SPDX-License-Identifier: Apache-2.0

/// Cuts a table of comma-separated values (RFC 4180) into rows. Its bytes may arrive in pieces.
///
/// A field in quotes may have commas, line breaks and, doubled, quotes. Blank lines are no rows.
struct CSVReader {
  struct Row: Equatable {
    /// The line on which it begins, counted from 1 over all lines of the file.
    var line: Int
    var fields: [String]
  }

  struct Fault: Error, Equatable {
    var line: Int
    var text: String
  }

  private enum Place {
    case startOfField, inField, inQuotes
    /// Behind a quote in quotes: it ends the field, or stands for a quote if another one follows.
    case behindQuote
  }

  /// Some programs begin a file with it.
  private static let byteOrderMark = Array("\u{FEFF}".utf8)

  private var place = Place.startOfField
  private var field: [UInt8] = []
  private var row = Row(line: 1, fields: [])
  private var line = 1

  /// The rows that these bytes complete.
  mutating func add(_ bytes: some Sequence<UInt8>) throws -> [Row] {
    var rows: [Row] = []
    for byte in bytes {
      if let row = try add(byte) { rows.append(row) }
    }
    return rows
  }

  /// What follows the last line break; `nil` if that is nothing.
  mutating func end() throws -> Row? {
    if place == .inQuotes { throw Fault(line: row.line, text: "a quote is not closed") }
    return endRow()
  }

  private mutating func add(_ byte: UInt8) throws -> Row? {
    let isLineBreak = byte == UInt8(ascii: "\n")
    if isLineBreak { line += 1 }
    switch (place, byte) {
    case (.inQuotes, UInt8(ascii: "\"")): place = .behindQuote
    case (.inQuotes, _): field.append(byte)
    case (.startOfField, UInt8(ascii: "\"")): place = .inQuotes
    case (.behindQuote, UInt8(ascii: "\"")):
      field.append(byte)
      place = .inQuotes
    case (_, UInt8(ascii: ",")): endField()
    case _ where isLineBreak: return endRow()
    case (_, UInt8(ascii: "\r")): break
    case (.behindQuote, _):
      throw Fault(line: row.line, text: "text follows a quote that ends a field")
    default:
      field.append(byte)
      place = .inField
      if line == 1, row.fields.isEmpty, field == Self.byteOrderMark {
        field.removeAll(keepingCapacity: true)
        place = .startOfField
      }
    }
    return nil
  }

  private mutating func endField() {
    row.fields.append(String(decoding: field, as: UTF8.self))
    field.removeAll(keepingCapacity: true)
    place = .startOfField
  }

  private mutating func endRow() -> Row? {
    let isBlank = row.fields.isEmpty && field.isEmpty && place == .startOfField
    if !isBlank { endField() }
    defer { row = Row(line: line, fields: []) }
    return isBlank ? nil : row
  }
}

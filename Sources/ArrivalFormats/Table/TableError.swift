// SPDX-License-Identifier: Apache-2.0
/// A table that cannot be read as a whole; the message says what to do.
package struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case empty, noRows, malformedHeader, notText, oneColumn
  }

  package var code: Code
  package var message: String
  /// The name of the source; `nil` until the reader sets it.
  package var source: String?

  package var description: String { source.map { "\($0): \(message)" } ?? message }
}

extension TableError {
  static let empty = TableError(
    code: .empty,
    message: "the table is empty; it needs a line with the names of its columns, and then its rows")

  static let noRows = TableError(
    code: .noRows,
    message: "the table has a header but no rows; add a line for each row below the header, or"
      + " --no-header if the first line is a row")

  /// The first line is one field, and all lines below line `skip` are divided by a delimiter.
  static func oneColumn(line: Int, delimiter: Delimiter, skip: Int) -> TableError {
    let other: Delimiter = delimiter == .comma ? .tab : .comma
    return TableError(
      code: .oneColumn,
      message: """
        line \(line), the header, is one field, but a \(delimiter.name) divides the lines below \
        line \(skip); add --skip \(skip) if the table begins there, --delimiter \(delimiter.name) \
        if the header is right, or --delimiter \(other.name) if each line is one field
        """)
  }

  static func malformedHeader(_ row: MalformedRow) -> TableError {
    TableError(
      code: .malformedHeader,
      message: "the header cannot be read, so no row was read: \(row)")
  }

  static let notText = TableError(
    code: .notText, message: "this is not a text file; give a CSV or TSV file")

  static let utf16 = TableError(
    code: .notText,
    message:
      "the table is encoded in UTF-16, which only a reader of files decodes; save it as UTF-8")
}

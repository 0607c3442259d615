// SPDX-License-Identifier: Apache-2.0
/// A table that cannot be read as a whole; the message says what to do.
package struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case empty, noRows, malformedHeader, notText, oneColumn, misfits
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

  /// Most of the first rows have another number of fields than the header.
  static func misfits(
    _ misfits: Lookahead.Misfits, header: Int, line: Int, delimiter: Delimiter, hasHeader: Bool
  ) -> TableError {
    let name = hasHeader ? "the header on line \(line)" : "line \(line)"
    let start = misfits.firstLine
    let advice =
      misfits.fields > header
      ? """
      the table seems to begin on line \(start): add --skip \(start - 1), or --ragged error to \
      report each row
      """
      : """
      add --delimiter if another character than \(delimiter.name) divides the rows, or --ragged \
      error to report each row
      """
    return TableError(
      code: .misfits,
      message: """
        \(grouped(misfits.count)) of the first \(counted(misfits.rows, "row")) have \
        \(counted(misfits.fields, "field")), and \(name) has \(grouped(header)); \(advice)
        """)
  }

  static func malformedHeader(_ row: MalformedRow) -> TableError {
    TableError(
      code: .malformedHeader,
      message: "the header cannot be read, so no row was read: \(row)")
  }

  static let notText = TableError(
    code: .notText, message: "this is not a text file; give a CSV or TSV file")

  static func otherFormat(_ format: String) -> TableError {
    TableError(code: .notText, message: "this is no table but \(format)")
  }

  static let utf16 = TableError(
    code: .notText,
    message:
      "the table is encoded in UTF-16, which only a reader of files decodes; save it as UTF-8")
}

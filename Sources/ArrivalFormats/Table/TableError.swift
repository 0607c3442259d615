/// A table that cannot be read as a whole; the message says what to do.
package struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case empty, noRows, malformedHeader, notText
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

  static func noRows(headerHasReturn: Bool) -> TableError {
    TableError(
      code: .noRows,
      message: headerHasReturn
        ? "the table has a header but no rows, because its lines end with carriage returns alone;"
          + " save the table with line feeds"
        : "the table has a header but no rows; add a line for each row below the header")
  }

  static func malformedHeader(_ row: MalformedRow) -> TableError {
    TableError(
      code: .malformedHeader,
      message: "the header cannot be read, so no row was read: \(row)")
  }

  static let notText = TableError(
    code: .notText, message: "this is not a text file; give a CSV or TSV file")

  static let utf16 = TableError(
    code: .notText, message: "the table is encoded in UTF-16; save it as UTF-8")
}

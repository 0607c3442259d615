#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Why a whole table cannot be read; the message says what to do about it.
package struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case empty, noRows, malformedHeader, notText
    case missing, directory, notPermitted, unreadable
  }

  package var code: Code
  package var message: String
  /// The path of the table or what stands for it; `nil` until the reader has filled it in.
  package var source: String?

  package var description: String { source.map { "\($0): \(message)" } ?? message }
}

extension TableError {
  static let empty = TableError(
    code: .empty,
    message: "the table is empty; it needs a line with the names of its columns, then its rows")

  static func noRows(headerHasReturn: Bool) -> TableError {
    TableError(
      code: .noRows,
      message: headerHasReturn
        ? "the table has a header but no rows, because its lines end in carriage returns alone;"
          + " save it with line feeds"
        : "the table has a header but no rows; add a line for each row below it")
  }

  static func malformedHeader(_ row: MalformedRow) -> TableError {
    TableError(
      code: .malformedHeader,
      message: "the header cannot be read, so nothing was stored: \(row)")
  }

  static let notText = TableError(
    code: .notText, message: "this is not a text file; give a table in CSV or TSV")

  static let utf16 = TableError(
    code: .notText, message: "the table is in UTF-16; save it as UTF-8 and try again")

  /// What the operating system's error `number` means for a user who wants to read a table.
  static func system(_ number: Int32) -> TableError {
    switch number {
    case ENOENT:
      TableError(code: .missing, message: "there is no such file; check the path")
    case EISDIR:
      TableError(
        code: .directory, message: "this is a directory; give the path of one CSV or TSV file")
    case EACCES, EPERM:
      TableError(code: .notPermitted, message: "you may not read this file; check its permissions")
    default:
      TableError(
        code: .unreadable,
        message: "the table cannot be read: \(String(cString: strerror(number)))")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
extension TableParser {
  /// What a caller knows about a table.
  package struct Configuration: Sendable, Hashable {
    /// What to do with a row that has more or fewer fields than the header.
    package enum Ragged: String, Sendable, Hashable, CaseIterable {
      /// The row is malformed.
      case error
      /// Missing fields are empty, and empty fields beyond the header are left out. A row with
      /// other fields beyond the header is malformed.
      case pad
      /// The row is left out. A note at the end counts the rows.
      case drop
    }

    /// The byte between two fields; by default, `nil`, it is guessed from the first record.
    package var delimiter: Delimiter?
    /// Whether the caller knows the delimiter. If not, as when a file's name suggests it, a header
    /// of one field is compared with the lines below it. `true` by default.
    package var isDelimiterCertain = true
    /// The quote; `nil` if every quote is ordinary text. By default `"`.
    package var quote: UInt8? = .quote
    /// What quotes mean; by default, `nil`, it depends on the delimiter.
    package var quoting: Dialect.Quoting?
    /// Whether the first record has the names of the columns; `true` by default.
    package var hasHeader = true
    /// How many lines above the first record are not part of the table; 0 by default.
    package var skippedLines = 0
    /// The first byte of lines that are not part of the table; by default, `nil`, there are none.
    package var comment: UInt8?
    /// What to do with a row that has more or fewer fields than the header; `error` by default.
    package var ragged = Ragged.error
    /// Whether a table is refused in which most of the first rows do not fit the header: the header
    /// may be a title. `false` by default.
    package var refusesMisfits = false
    /// The longest row in bytes, without its line end; 1 MiB by default.
    package var maxRowLength = 1 << 20

    package static let `default` = Configuration()

    package init(
      delimiter: Delimiter? = nil, quoting: Dialect.Quoting? = nil, maxRowLength: Int = 1 << 20
    ) {
      self.delimiter = delimiter
      self.quoting = quoting
      self.maxRowLength = maxRowLength
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Reads a table from its source, row by row, with blocking reads.
///
/// A read blocks for as long as a slow pipe takes. Use a reader on a thread of its own, never on
/// one that tasklets need. Memory holds one chunk and the longest row, however long the table is.
package final class TableReader {
  private let input: TextInput
  private var parser: TableParser
  private var hasEnded = false

  /// How much of the file was read, from 0 to 1; `nil` if its size is not known.
  package var fractionRead: Double? { input.fractionRead }

  /// Opens the source. Throws if it is missing, a directory, or may not be read.
  package init(
    _ source: InputSource, configuration: TableParser.Configuration = .default,
    encoding: TextEncoding? = nil, chunkSize: Int = 1 << 16
  ) throws(InputError) {
    input = try TextInput(source, encoding: encoding, chunkSize: chunkSize)
    parser = TableParser(configuration)
  }

  /// The next event, or `nil` at the end of the table.
  ///
  /// - Throws: ``TableError`` if the table as a whole cannot be read, and ``InputError`` if reading
  ///   the source fails.
  package func next() throws -> TableEvent? {
    while true {
      if let event = try nextParsed() { return event }
      if hasEnded { return nil }
      let goesOn = try input.nextChunk { parser.append($0) }
      parser.encoding = input.encoding
      if !goesOn {
        parser.finish()
        hasEnded = true
      }
    }
  }

  private func nextParsed() throws(TableError) -> TableEvent? {
    do throws(TableError) {
      return try parser.next()
    } catch {
      // The rest of the table has no meaning, so it is not read.
      hasEnded = true
      var error = error
      error.source = input.source.description
      throw error
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import bank

@Suite struct CSVReaderTests {
  /// Reads a text that arrives in pieces of a size.
  private func rows(_ text: String, piece: Int = .max) throws -> [CSVReader.Row] {
    var reader = CSVReader()
    var rows: [CSVReader.Row] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      rows += try reader.add(rest.prefix(piece))
      rest = rest.dropFirst(piece)
    }
    if let last = try reader.end() { rows.append(last) }
    return rows
  }

  @Test(arguments: [1, 2, 3, .max])
  func `Fields may have commas, quotes and line breaks, however they arrive`(
    _ piece: Int
  ) throws {
    let text = "\u{FEFF}\"a\",b\r\n\"c, d\",\"e \"\"f\"\"\ng\"\n\n,\nh,\"\""
    #expect(
      try rows(text, piece: piece) == [
        .init(line: 1, fields: ["a", "b"]), .init(line: 2, fields: ["c, d", "e \"f\"\ng"]),
        .init(line: 5, fields: ["", ""]), .init(line: 6, fields: ["h", ""]),
      ])
  }

  @Test(arguments: ["", "\n", "\r\n\r\n"])
  func `Blank lines are no rows`(_ text: String) throws {
    #expect(try rows(text).isEmpty)
  }

  @Test func `A wrong quote is named by the line of its row`() {
    #expect(throws: CSVReader.Fault(line: 2, text: "a quote is not closed")) {
      try rows("a\n\"b\nc")
    }
    #expect(throws: CSVReader.Fault(line: 1, text: "text follows a quote that ends a field")) {
      try rows("\"a\"b")
    }
  }
}

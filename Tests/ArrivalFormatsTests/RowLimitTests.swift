// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

/// Rows and headers of exactly the limit, and of one byte more.
@Suite struct RowLimitTests {
  private let configuration = TableParser.Configuration(maxRowLength: 10)

  @Test(arguments: ["1234,67890", "\"34\",\"789\""])
  func `A last row of exactly the limit is read without a line end`(_ row: String) {
    #expect(row.utf8.count == 10)
    for end in ["", "\n"] {
      let parsed = parse("a,b\n" + row + end, configuration)
      #expect(parsed.rows.map(\.line) == [2])
      #expect(parsed.malformed.isEmpty)
      #expect(parse("a,b\n" + row + "0" + end, configuration).rows.isEmpty)
    }
  }

  @Test func `A header of exactly the limit is read from chunks of any size`() {
    for size in [1, 5, 10, 11, 100] {
      let parsed = parse("abcde,fghi\n1,2\n".utf8, configuration, nextChunkSize: { size })
      #expect(parsed.header?.columns == ["abcde", "fghi"])
      #expect(parsed.fields == [["1", "2"]])
      let longer = parse("abcde,fghij\n1,2\n".utf8, configuration, nextChunkSize: { size })
      #expect(longer.error?.code == .malformedHeader)
    }
  }

  @Test func `A row that is too long outside its quotes is reported without a quote`() {
    let configuration = TableParser.Configuration(maxRowLength: 10)
    let parsed = parse("a,b\n\"1\n2\",345678\n5,6\n", configuration)
    #expect(
      parsed.malformed.first
        == MalformedRow(line: 2, reason: .tooLong(limit: 10, openedOn: nil)))
    #expect(parsed.fields.last == ["5", "6"])
  }
}

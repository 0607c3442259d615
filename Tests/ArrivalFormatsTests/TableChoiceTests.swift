// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

/// Tables that could be read in two ways.
@Suite struct TableChoiceTests {
  @Test func `A header with as many commas as semicolons is divided by commas`() {
    #expect(parse("a;b,c\n1;2,3\n").fields == [["1;2", "3"]])
    #expect(parse("a;b;c,d\n1;2;3,4\n").fields == [["1", "2", "3,4"]])
  }

  @Test func `A row with several fields that are not UTF-8 is reported with the first`() {
    let parsed = parse(Array("a,b,c\n1,".utf8) + [0xE4, 0x2C, 0xE4, 0x0A])
    #expect(parsed.malformed == [MalformedRow(line: 2, reason: .invalidText(field: 2, .utf8))])
  }

  @Test func `A byte order mark is skipped if it is read byte by byte`() {
    let parsed = parse([0xEF, 0xBB, 0xBF] + Array("a,b\n1,2\n".utf8), nextChunkSize: { 1 })
    #expect(parsed.header?.columns == ["a", "b"])
  }

  @Test(arguments: [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]])
  func `UTF-16 is recognised if it is read byte by byte`(_ mark: [UInt8]) {
    #expect(parse(mark + [0x61, 0, 0x2C, 0, 0x0A, 0], nextChunkSize: { 1 }).error == .utf16)
  }

  @Test func `Rows after a malformed row have the right lines`() {
    let configuration = TableParser.Configuration(maxRowLength: 10)
    let parsed = parse("a,b\n\"x\"y,1\n1,2\n12345678901\n3,4\n", configuration)
    #expect(parsed.malformed.map(\.line) == [2, 4])
    #expect(parsed.rows.map(\.line) == [3, 5])
  }
}

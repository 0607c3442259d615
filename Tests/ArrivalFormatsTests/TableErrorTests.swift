// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct TableErrorTests {
  @Test(arguments: ["", "\n", "  \r\n\n", "\u{FEFF}"])
  func `A table without bytes or with only blank lines is empty`(text: String) {
    let parsed = parse(text)
    #expect(parsed.error?.code == .empty)
    #expect(parsed.events.isEmpty)
  }

  @Test(arguments: ["a,b", "a,b\n", "a,b\r\n\r\n  \n"])
  func `A header without rows is refused`(text: String) {
    let parsed = parse(text)
    #expect(parsed.error == .noRows)
    #expect(parsed.header?.columns == ["a", "b"])
  }

  @Test func `A table whose rows are all malformed still has rows`() {
    let parsed = parse("a,b\n1\n")
    #expect(parsed.error == nil)
    #expect(parsed.malformed.count == 1)
  }

  @Test(arguments: [
    ("\n\"a,b\n1,2\n", "line 2: the quote opened on line 2 is never closed"),
    ("\"a\"b,c\n1,2\n", "line 1: on line 1 a closing quote is followed by more text"),
    (String(repeating: "a", count: 33), "line 1: the row is longer than 32 bytes"),
  ])
  func `A malformed header is refused with its line`(text: String, message: String) throws {
    let error = try #require(parse(text, .init(maxRowLength: 32)).error)
    #expect(error.code == .malformedHeader)
    #expect(error.message.contains(message))
  }

  @Test func `A header that is not UTF-8 is refused`() {
    let parsed = parse([0x61, 0x2C, 0xE4, 0x0A])
    #expect(
      parsed.error == .malformedHeader(MalformedRow(line: 1, reason: .invalidText(field: 2, .utf8)))
    )
  }

  @Test func `UTF-16 and binary files are refused`() {
    #expect(parse([0xFF, 0xFE, 0x61, 0x00]).error == .utf16)
    #expect(parse([0xFE, 0xFF, 0x00, 0x61]).error == .utf16)
    #expect(parse([0xFF, 0xFE]).error == .utf16)
    #expect(parse([0x61, 0x00, 0x62, 0x00, 0x0A, 0x00]).error == .notText)
    #expect(parse([0x7F, 0x45, 0x4C, 0x46, 0x00, 0xE4, 0x0A, 0x00]).error == .notText)
  }

  @Test func `A parser returns no more events after an error`() throws {
    var parser = TableParser()
    parser.finish()
    #expect(throws: TableError.empty) { try parser.next() }
    #expect(try parser.next() == nil)
  }
}

@Suite struct TableHeaderTests {
  @Test func `Good names are kept as they are`() {
    let header = TableHeader(line: 1, fields: ["id", "first name", "Größe"])
    #expect(header.columns == ["id", "first name", "Größe"])
    #expect(header.repairs.isEmpty)
  }

  @Test func `A column without a name is named by its number`() {
    let header = TableHeader(line: 1, fields: ["", "a", "  ", "column_1"])
    #expect(header.columns == ["column_1_2", "a", "column_3", "column_1"])
    #expect(
      header.repairs == [
        "column 1 has no name; it is stored as \"column_1_2\"",
        "column 3 has no name; it is stored as \"column_3\"",
      ])
  }

  @Test func `A repeated name gets a number that gives no other column's name`() {
    let header = TableHeader(line: 1, fields: ["a", "a", "a_2", " a ", "b"])
    #expect(header.columns == ["a", "a_3", "a_2", "a_4", "b"])
    #expect(header.repairs.first == "column 2 is a second \"a\"; it is stored as \"a_3\"")
  }

  @Test(.timeLimit(.minutes(1)))
  func `A header with 100,000 equal names is repaired in linear time`() {
    let header = TableHeader(line: 1, fields: Array(repeating: "a", count: 100_000))
    #expect(Set(header.columns).count == 100_000)
  }
}

@Suite struct DelimiterTests {
  @Test func `A delimiter is given by its name or as the character itself`() {
    #expect(Delimiter(argument: "tab") == .tab)
    #expect(Delimiter(argument: "\\t") == .tab)
    #expect(Delimiter(argument: "\t") == .tab)
    #expect(Delimiter(argument: "comma") == .comma)
    #expect(Delimiter(argument: ";") == .semicolon)
    #expect(Delimiter(argument: "|")?.byte == 0x7C)
  }

  @Test(arguments: ["", "\"", "\n", "\r", "ab", "é", "\0"])
  func `A character that cannot divide fields is refused as a delimiter`(argument: String) {
    #expect(Delimiter(argument: argument) == nil)
  }
}

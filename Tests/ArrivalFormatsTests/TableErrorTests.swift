internal import Testing

@testable internal import ArrivalFormats

@Suite("A table that cannot be read")
struct TableErrorTests {
  @Test("is empty, or has nothing but blank lines", arguments: ["", "\n", "  \r\n\n", "\u{FEFF}"])
  func empty(text: String) {
    let parsed = parse(text)
    #expect(parsed.error?.code == .empty)
    #expect(parsed.events.isEmpty)
  }

  @Test("has a header but no rows", arguments: ["a,b", "a,b\n", "a,b\r\n\r\n  \n"])
  func headerOnly(text: String) {
    let parsed = parse(text)
    #expect(parsed.error == .noRows(headerHasReturn: false))
    #expect(parsed.header?.columns == ["a", "b"])
  }

  @Test("ends its lines in carriage returns alone")
  func carriageReturnsAlone() throws {
    let error = try #require(parse("a,b\r1,2\r3,4\r").error)
    #expect(error.code == .noRows)
    #expect(error.message.contains("carriage returns alone"))
  }

  @Test("is not called empty of rows if each of them is malformed")
  func onlyMalformedRows() {
    let parsed = parse("a,b\n1\n")
    #expect(parsed.error == nil)
    #expect(parsed.malformed.count == 1)
  }

  @Test(
    "has a malformed header",
    arguments: [
      ("\n\"a,b\n1,2\n", "line 2: the quote opened on line 2 is never closed"),
      ("\"a\"b,c\n1,2\n", "line 1: on line 1 a closing quote is followed by more text"),
      (String(repeating: "a", count: 33), "line 1: the row is longer than 32 bytes"),
    ])
  func malformedHeader(text: String, message: String) throws {
    let error = try #require(parse(text, .init(maxRowLength: 32)).error)
    #expect(error.code == .malformedHeader)
    #expect(error.message.contains(message))
  }

  @Test("has a header that is not UTF-8")
  func headerNotUTF8() {
    let parsed = parse([0x61, 0x2C, 0xE4, 0x0A])
    #expect(
      parsed.error == .malformedHeader(MalformedRow(line: 1, reason: .invalidUTF8(field: 2))))
  }

  @Test("is in UTF-16 or not text at all")
  func notText() {
    #expect(parse([0xFF, 0xFE, 0x61, 0x00]).error == .utf16)
    #expect(parse([0xFE, 0xFF, 0x00, 0x61]).error == .utf16)
    #expect(parse([0xFF, 0xFE]).error == .utf16)
    #expect(parse([0x61, 0x00, 0x62, 0x00, 0x0A, 0x00]).error == .notText)
    #expect(parse([0x7F, 0x45, 0x4C, 0x46, 0x00, 0xE4, 0x0A, 0x00]).error == .notText)
  }

  @Test("gives no more events after its error")
  func nothingAfterTheError() throws {
    var parser = TableParser()
    parser.finish()
    #expect(throws: TableError.empty) { try parser.next() }
    #expect(try parser.next() == nil)
  }
}

@Suite("A table's header")
struct TableHeaderTests {
  @Test("keeps good names as they are")
  func goodNames() {
    let header = TableHeader(line: 1, fields: ["id", "first name", "Größe"])
    #expect(header.columns == ["id", "first name", "Größe"])
    #expect(header.repairs.isEmpty)
  }

  @Test("names columns without a name by their number")
  func emptyNames() {
    let header = TableHeader(line: 1, fields: ["", "a", "  ", "column_1"])
    #expect(header.columns == ["column_1_2", "a", "column_3", "column_1"])
    #expect(
      header.repairs == [
        "column 1 has no name; it is stored as \"column_1_2\"",
        "column 3 has no name; it is stored as \"column_3\"",
      ])
  }

  @Test("numbers names that occur again, past names that the table uses")
  func duplicateNames() {
    let header = TableHeader(line: 1, fields: ["a", "a", "a_2", " a ", "b"])
    #expect(header.columns == ["a", "a_3", "a_2", "a_4", "b"])
    #expect(header.repairs.first == "column 2 is a second \"a\"; it is stored as \"a_3\"")
  }

  @Test("with 100,000 equal names is repaired in linear time", .timeLimit(.minutes(1)))
  func manyEqualNames() {
    let header = TableHeader(line: 1, fields: Array(repeating: "a", count: 100_000))
    #expect(Set(header.columns).count == 100_000)
  }
}

@Suite("A delimiter on the command line")
struct DelimiterTests {
  @Test("is named or stands for itself")
  func accepted() {
    #expect(Delimiter(argument: "tab") == .tab)
    #expect(Delimiter(argument: "\\t") == .tab)
    #expect(Delimiter(argument: "\t") == .tab)
    #expect(Delimiter(argument: "comma") == .comma)
    #expect(Delimiter(argument: ";") == .semicolon)
    #expect(Delimiter(argument: "|")?.byte == 0x7C)
  }

  @Test(
    "is refused if it cannot divide fields", arguments: ["", "\"", "\n", "\r", "ab", "é", "\0"])
  func refused(argument: String) {
    #expect(Delimiter(argument: argument) == nil)
  }
}

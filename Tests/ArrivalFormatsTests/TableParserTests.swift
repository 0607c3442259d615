internal import Testing

@testable internal import ArrivalFormats

@Suite("A table parser")
struct TableParserTests {
  @Test("gives the header, then each row with its line")
  func headerAndRows() {
    let parsed = parse("id,name\n1,Ada\n2,Grace\n")
    #expect(
      parsed.events == [
        .header(TableHeader(line: 1, fields: ["id", "name"])),
        .row(TableRow(line: 2, fields: ["1", "Ada"])),
        .row(TableRow(line: 3, fields: ["2", "Grace"])),
      ])
    #expect(parsed.error == nil)
  }

  @Test("reads the same rows from LF, CRLF and a last line without an end")
  func lineEnds() {
    let expected = [["1", "x"], ["2", ""]]
    #expect(parse("a,b\n1,x\n2,\n").fields == expected)
    #expect(parse("a,b\r\n1,x\r\n2,\r\n").fields == expected)
    #expect(parse("a,b\r\n1,x\n2,").fields == expected)
    #expect(parse("a,b\n1,x\n2,\r").fields == expected)
    #expect(parse("a,b\r\n\"1\",\"x\"\r\n\"2\",\"\"\r").fields == expected)
  }

  @Test("keeps a carriage return that does not end a line")
  func loneCarriageReturn() {
    #expect(parse("a,b\n1\r2,\"x\ry\"\n").fields == [["1\r2", "x\ry"]])
    #expect(parse("a,b\n1,x\r\r\n").fields == [["1", "x\r"]])
  }

  @Test("takes delimiters, doubled quotes and line ends inside quotes as text")
  func quotedFields() {
    let parsed = parse(
      "a,b\r\n\"x, y\",\"say \"\"hi\"\"\"\r\n\"one\r\ntwo\n\nthree\",\"\"\r\n3,4\r\n")
    #expect(
      parsed.rows == [
        TableRow(line: 2, fields: ["x, y", "say \"hi\""]),
        TableRow(line: 3, fields: ["one\r\ntwo\n\nthree", ""]),
        TableRow(line: 7, fields: ["3", "4"]),
      ])
  }

  @Test("takes a quote inside an unquoted field as text")
  func quoteInsideField() {
    #expect(parse("a,b\n5\" disk, \"x\"\n").fields == [["5\" disk", " \"x\""]])
  }

  @Test("skips the byte order mark, even before a quote")
  func byteOrderMark() {
    let parsed = parse([0xEF, 0xBB, 0xBF] + Array("\"a\",b\n1,2\n".utf8))
    #expect(parsed.header?.columns == ["a", "b"])
    #expect(parsed.fields == [["1", "2"]])
  }

  @Test("skips blank lines but counts them")
  func blankLines() {
    let parsed = parse("\n  \r\na,b\n\n1,2\n\r\n   \n3,4\n\n\n")
    #expect(parsed.header?.line == 3)
    #expect(parsed.rows.map(\.line) == [5, 8])
    #expect(parsed.malformed.isEmpty)
  }

  @Test("keeps rows of empty fields")
  func emptyFields() {
    #expect(parse("a,b\n,\n").fields == [["", ""]])
    #expect(parse("a\tb\n\t\n").fields == [["", ""]])
    #expect(parse("a\n\"\"\n").fields == [[""]])
  }

  @Test("guesses tab, comma and semicolon from the header")
  func guessedDelimiter() {
    #expect(parse("a\tb,c\n1\t2,3\n").fields == [["1", "2,3"]])
    #expect(parse("a;b;c,d\n1;2;3,4\n").fields == [["1", "2", "3,4"]])
    #expect(parse("\"a;;;\",b\n1;2,3\n").fields == [["1;2", "3"]])
    #expect(parse("a\n1\n").fields == [["1"]])
  }

  @Test("uses the delimiter that it was told")
  func givenDelimiter() {
    let semicolon = TableParser.Configuration(delimiter: .semicolon)
    #expect(parse("a,b,c;d\n1,2,3;4\n", semicolon).fields == [["1,2,3", "4"]])
    let bar = TableParser.Configuration(delimiter: Delimiter(argument: "|"))
    #expect(parse("a|b\n1,2|\"x|y\"\n", bar).fields == [["1,2", "x|y"]])
  }

  @Test("reads quoted fields in TSV, and text that only begins with a quote")
  func quotesInTSV() {
    let parsed = parse(
      "a\tb\n\"x\ty\"\t\"say \"\"hi\"\"\"\n\"Rome\" (2005)\t\"never closed\n\"Q\tlast\n")
    #expect(
      parsed.fields == [
        ["x\ty", "say \"hi\""], ["\"Rome\" (2005)", "\"never closed"], ["\"Q", "last"],
      ])
    #expect(parsed.malformed.isEmpty)
  }

  @Test("reads line ends inside quotes in TSV when asked")
  func multilineTSV() {
    let configuration = TableParser.Configuration(quoting: .acrossLines)
    #expect(parse("a\tb\n\"x\ny\"\tz\n", configuration).fields == [["x\ny", "z"]])
  }

  @Test("keeps text beyond ASCII")
  func unicode() {
    let text = "Zürich,\"日本 \"\"語\"\"\",🇨🇭,e\u{301}"
    let parsed = parse("a,b,c,d\n" + text + "\n")
    #expect(parsed.fields == [["Zürich", "日本 \"語\"", "🇨🇭", "e\u{301}"]])
    #expect(parsed.fields[0][3].utf8.elementsEqual("e\u{301}".utf8))
  }

  @Test("reads a header over several lines")
  func multilineHeader() {
    let parsed = parse("\"first\nname\",b\n1,2\n")
    #expect(parsed.header?.columns == ["first\nname", "b"])
    #expect(parsed.rows.map(\.line) == [3])
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct TableParserTests {
  @Test func `The header comes first, then each row with its line`() {
    let parsed = parse("id,name\n1,Ada\n2,Grace\n")
    #expect(
      parsed.events == [
        .header(TableHeader(line: 1, fields: ["id", "name"])),
        .row(TableRow(line: 2, fields: ["1", "Ada"])),
        .row(TableRow(line: 3, fields: ["2", "Grace"])),
      ])
    #expect(parsed.error == nil)
  }

  @Test func `Lines that end with LF, with CRLF or with the input give the same rows`() {
    let expected = [["1", "x"], ["2", ""]]
    #expect(parse("a,b\n1,x\n2,\n").fields == expected)
    #expect(parse("a,b\r\n1,x\r\n2,\r\n").fields == expected)
    #expect(parse("a,b\r\n1,x\n2,").fields == expected)
    #expect(parse("a,b\n1,x\n2,\r").fields == expected)
    #expect(parse("a,b\r\n\"1\",\"x\"\r\n\"2\",\"\"\r").fields == expected)
  }

  @Test func `A carriage return alone ends a line outside of quotes and is text inside them`() {
    let parsed = parse("a,b\r1,\"x\ry\"\r3,4\r\r\n5,6\n7,8\r")
    #expect(
      parsed.rows == [
        TableRow(line: 2, fields: ["1", "x\ry"]), TableRow(line: 4, fields: ["3", "4"]),
        TableRow(line: 6, fields: ["5", "6"]), TableRow(line: 7, fields: ["7", "8"]),
      ])
    #expect(parsed.malformed.isEmpty)
  }

  @Test(.timeLimit(.minutes(1)))
  func `A table of three megabytes with carriage returns alone costs linear time`() {
    let rows = Array(repeatElement(Array("12345,\"a\rb\"\r".utf8), count: 200_000).joined())
    let parsed = parse(Array("id,text\r".utf8) + rows, nextChunkSize: { 1 << 16 })
    #expect(parsed.rows.count == 200_000)
    #expect(parsed.rows.last == TableRow(line: 400_000, fields: ["12345", "a\rb"]))
  }

  @Test func `Delimiters, doubled quotes and line ends inside quotes are text`() {
    let parsed = parse(
      "a,b\r\n\"x, y\",\"say \"\"hi\"\"\"\r\n\"one\r\ntwo\n\nthree\",\"\"\r\n3,4\r\n")
    #expect(
      parsed.rows == [
        TableRow(line: 2, fields: ["x, y", "say \"hi\""]),
        TableRow(line: 3, fields: ["one\r\ntwo\n\nthree", ""]),
        TableRow(line: 7, fields: ["3", "4"]),
      ])
  }

  @Test func `A quote inside an unquoted field is text`() {
    #expect(parse("a,b\n5\" disk, \"x\"\n").fields == [["5\" disk", " \"x\""]])
  }

  @Test func `The byte order mark is skipped, even before a quote`() {
    let parsed = parse([0xEF, 0xBB, 0xBF] + Array("\"a\",b\n1,2\n".utf8))
    #expect(parsed.header?.columns == ["a", "b"])
    #expect(parsed.fields == [["1", "2"]])
  }

  @Test func `Blank lines are skipped but counted`() {
    let parsed = parse("\n  \r\na,b\n\n1,2\n\r\n   \n3,4\n\n\n")
    #expect(parsed.header?.line == 3)
    #expect(parsed.rows.map(\.line) == [5, 8])
    #expect(parsed.malformed.isEmpty)
  }

  @Test func `Rows of empty fields are kept`() {
    #expect(parse("a,b\n,\n").fields == [["", ""]])
    #expect(parse("a\tb\n\t\n").fields == [["", ""]])
    #expect(parse("a\n\"\"\n").fields == [[""]])
  }

  @Test func `The delimiter is guessed from the header: tab, comma or semicolon`() {
    #expect(parse("a\tb,c\n1\t2,3\n").fields == [["1", "2,3"]])
    #expect(parse("a;b;c,d\n1;2;3,4\n").fields == [["1", "2", "3,4"]])
    #expect(parse("\"a;;;\",b\n1;2,3\n").fields == [["1;2", "3"]])
    #expect(parse("a\n1\n").fields == [["1"]])
  }

  @Test func `The delimiter of the configuration is used`() {
    let semicolon = TableParser.Configuration(delimiter: .semicolon)
    #expect(parse("a,b,c;d\n1,2,3;4\n", semicolon).fields == [["1,2,3", "4"]])
    let bar = TableParser.Configuration(delimiter: Delimiter(argument: "|"))
    #expect(parse("a|b\n1,2|\"x|y\"\n", bar).fields == [["1,2", "x|y"]])
  }

  @Test func `TSV may have quoted fields, and text that begins with a quote`() {
    let parsed = parse(
      "a\tb\n\"x\ty\"\t\"say \"\"hi\"\"\"\n\"Rome\" (2005)\t\"never closed\n\"Q\tlast\n")
    #expect(
      parsed.fields == [
        ["x\ty", "say \"hi\""], ["\"Rome\" (2005)", "\"never closed"], ["\"Q", "last"],
      ])
    #expect(parsed.malformed.isEmpty)
  }

  @Test func `TSV may have line ends inside quotes if the configuration says so`() {
    let configuration = TableParser.Configuration(quoting: .acrossLines)
    #expect(parse("a\tb\n\"x\ny\"\tz\n", configuration).fields == [["x\ny", "z"]])
  }

  @Test func `Text beyond ASCII is kept`() {
    let text = "Zürich,\"日本 \"\"語\"\"\",🇨🇭,e\u{301}"
    let parsed = parse("a,b,c,d\n" + text + "\n")
    #expect(parsed.fields == [["Zürich", "日本 \"語\"", "🇨🇭", "e\u{301}"]])
    #expect(parsed.fields[0][3].utf8.elementsEqual("e\u{301}".utf8))
  }

  @Test func `A header may extend over several lines`() {
    let parsed = parse("\"first\nname\",b\n1,2\n")
    #expect(parsed.header?.columns == ["first\nname", "b"])
    #expect(parsed.rows.map(\.line) == [3])
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct MalformedRowTests {
  @Test func `A row with the wrong number of fields is reported with both numbers`() {
    let parsed = parse("a,b,c\n1,2,3\n4,5\n6,7,8,9\n\"x\n,y\"\n10,11,12\n")
    #expect(parsed.rows.map(\.line) == [2, 7])
    #expect(
      parsed.malformed == [
        MalformedRow(line: 3, reason: .fieldCount(expected: 3, found: 2)),
        MalformedRow(line: 4, reason: .fieldCount(expected: 3, found: 4)),
        MalformedRow(line: 5, reason: .fieldCount(expected: 3, found: 1)),
      ])
    #expect(
      parsed.malformed[0].description
        == "line 3: expected 3 fields, found 2; --ragged pad adds empty fields, and --ragged drop"
        + " leaves such rows out")
  }

  @Test func `A quote that is never closed costs one line and is reported with its line`() {
    let parsed = parse("a,b\n1,2\n3,\"x\n5,6\n7,8\n")
    #expect(parsed.malformed == [MalformedRow(line: 3, reason: .unterminatedQuote(openedOn: 3))])
    #expect(parsed.rows.map(\.line) == [2, 4, 5])
  }

  @Test func `A second quoted field that is never closed is reported with the line of its quote`() {
    let parsed = parse("a,b\n\"1\n1\",\"x\n5,6\n")
    // Parsing continues on the second line of the row, where the first quote is part of `1"`.
    #expect(
      parsed.malformed == [
        MalformedRow(line: 2, reason: .unterminatedQuote(openedOn: 3)),
        MalformedRow(line: 3, reason: .unterminatedQuote(openedOn: 3)),
      ])
    #expect(parsed.rows == [TableRow(line: 4, fields: ["5", "6"])])
  }

  @Test func `Text after a closing quote is reported with the line of that quote`() {
    let parsed = parse("a,b\n\"x\" y,1\n\"one\ntwo\"three,1\n\"z\"\tz,1\n3,4\n")
    #expect(
      parsed.malformed == [
        MalformedRow(line: 2, reason: .strayCharacter(line: 2)),
        MalformedRow(line: 3, reason: .strayCharacter(line: 4)),
        MalformedRow(line: 5, reason: .strayCharacter(line: 5)),
      ])
    #expect(
      parsed.rows == [
        TableRow(line: 4, fields: ["two\"three", "1"]), TableRow(line: 6, fields: ["3", "4"]),
      ])
  }

  @Test func `A row without its closing quote does not spoil the next quoted row`() {
    let parsed = parse("a,b\n1,\"x\n2,\"y\"\n3,\"z\"\n")
    #expect(parsed.malformed == [MalformedRow(line: 2, reason: .strayCharacter(line: 3))])
    #expect(parsed.fields == [["2", "y"], ["3", "z"]])
  }

  @Test(
    arguments: [
      [0xE4], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80],
    ] as [[UInt8]])
  func `A row that is not UTF-8 is reported with the number of its field`(bytes: [UInt8]) {
    let plain = Array("a,b\n1,2\n3,".utf8) + bytes + Array("x\n5,6\n".utf8)
    let quoted = Array("a,b\n1,2\n3,\"\"\"".utf8) + bytes + Array("\"\n5,6\n".utf8)
    for table in [plain, quoted] {
      let parsed = parse(table)
      #expect(parsed.malformed == [MalformedRow(line: 3, reason: .invalidText(field: 2, .utf8))])
      #expect(parsed.rows.map(\.line) == [2, 4])
    }
  }

  @Test
  func `A row that is too long is dropped to its end, and a row of exactly the limit is kept`() {
    let configuration = TableParser.Configuration(maxRowLength: 10)
    let parsed = parse("a,b\n1234,67890\n1234,678901\n\"34\",\"7890\"\n5,6\n", configuration)
    #expect(
      parsed.malformed == [
        MalformedRow(line: 3, reason: .tooLong(limit: 10, openedOn: nil)),
        MalformedRow(line: 4, reason: .tooLong(limit: 10, openedOn: nil)),
      ])
    #expect(parsed.rows.map(\.line) == [2, 5])
  }

  @Test func `A row that an open quote makes too long costs one line and names the quote's line`() {
    let configuration = TableParser.Configuration(maxRowLength: 20)
    let rows = (0..<100).map { "\($0),x\n" }.joined()
    let parsed = parse("a,b\n1,\"x\n" + rows, configuration)
    #expect(
      parsed.malformed == [MalformedRow(line: 2, reason: .tooLong(limit: 20, openedOn: 2))])
    #expect(parsed.rows.map(\.line) == Array(3...102))
  }

  @Test func `A last row that is too long is reported once`() {
    let configuration = TableParser.Configuration(maxRowLength: 10)
    let parsed = parse("a,b\n" + String(repeating: "x", count: 100), configuration)
    #expect(
      parsed.malformed == [MalformedRow(line: 2, reason: .tooLong(limit: 10, openedOn: nil))])
    #expect(parsed.error == nil)
  }

  @Test func `Each reason has a description that says what is wrong`() {
    let reasons: [MalformedRow.Reason] = [
      .fieldCount(expected: 1, found: 2_000), .unterminatedQuote(openedOn: 7),
      .strayCharacter(line: 8), .invalidText(field: 9, .utf8), .invalidText(field: 9, .utf16),
      .tooLong(limit: 1 << 20, openedOn: nil),
      .tooLong(limit: 10, openedOn: 3),
    ]
    #expect(
      reasons.map { MalformedRow(line: 5, reason: $0).description } == [
        "line 5: expected 1 field, found 2,000; write quotes around a field that has the delimiter,"
          + " or leave such rows out with --ragged drop",
        "line 5: the quote opened on line 7 is never closed",
        "line 5: on line 8 a closing quote is followed by more text;"
          + " write a quote inside a quoted field twice",
        "line 5: field 9 is not valid UTF-8; save the table as UTF-8, or name its encoding with"
          + " --encoding latin-1 or --encoding windows-1252",
        "line 5: field 9 is not valid UTF-16; save the table as UTF-8",
        "line 5: the row is longer than 1,048,576 bytes",
        "line 5: the row is longer than 10 bytes; is the quote opened on line 3 never closed?",
      ])
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

/// Tables as spreadsheets, databases and people write them.
@Suite struct TableFormTests {
  private func configuration(
    _ change: (inout TableParser.Configuration) -> Void
  ) -> TableParser.Configuration {
    var configuration = TableParser.Configuration.default
    change(&configuration)
    return configuration
  }

  private func notes(_ parsed: Parsed) -> [String] {
    parsed.events.compactMap { if case .note(let note) = $0 { "\(note)" } else { nil } }
  }

  @Test(arguments: ["\t", ",", ";", "|", ":"], ["\n", "\r\n", "\r"])
  func `The delimiter is guessed from the whole first record`(
    _ delimiter: String, _ lineEnd: String
  ) {
    let table = ["\"Sales\(lineEnd)(EUR, ;|:\t)\"", "City"].joined(separator: delimiter)
    let rows = ["1\(delimiter)\"a\(lineEnd)b\"", "2\(delimiter)c"]
    let text = ([table] + rows).joined(separator: lineEnd)
    for size in [1, 3, 1_000] {
      let parsed = parse(text.utf8, nextChunkSize: { size })
      #expect(parsed.header?.columns == ["Sales\(lineEnd)(EUR, ;|:\t)", "City"])
      #expect(parsed.fields == [["1", "a\(lineEnd)b"], ["2", "c"]])
      #expect(parsed.rows.map(\.line) == [3, 5])
      #expect(notes(parsed).count == (delimiter == ":" ? 1 : 0))
    }
  }

  @Test func `A header that most of the first rows do not fit is refused, and names their line`()
    throws
  {
    let misfits = configuration { $0.refusesMisfits = true }
    for (text, line, advice) in [
      ("t;1\n\n\"a\nb\";b;c\n1;\"x;\n;\";3\n4;5;6\n", 1, "--skip 2"),
      ("\nt;1\r\na;b;c\r\n1;2;3\r\n4;5;6", 2, "--skip 2"),
      ("# c\nt\t1\n\"a\tb\tc\n1\t2\t3\n# d\te\n", 2, "--skip 2"),
      ("a;b\n1,2\n3,4\n", 1, "add --delimiter"),
    ] {
      for size in [1, 1_000] {
        var configuration = misfits
        if text.hasPrefix("#") { configuration.comment = UInt8(ascii: "#") }
        let error = try #require(parse(text.utf8, configuration, nextChunkSize: { size }).error)
        #expect(
          error.code == .misfits && error.message.contains("the header on line \(line) has 2"))
        #expect(error.message.contains(advice), "\(error.message)")
      }
    }
    for text in [
      "name\nDoe, Ann\nRoe, Bob\nCy\n", "a;b;c\n1;2\n3;4\n", "a;b\n1;2;3\n4;5\n6;7\n",
      "a;b\n1;2;3\n4\n5;6;7;8\n",
      "a;b\n1\n", "a;b\n1;\"2\n;;\"\n3;4\n",
    ] { #expect(parse(text, misfits).error == nil) }
    var none = misfits
    none.hasHeader = false
    let error = try #require(parse("t;1\na;b;c\n1;2;3\n", none).error)
    #expect(error.message.contains("and line 1 has 2") && error.message.contains("--skip 1"))
  }

  @Test func `A title above the header is seen through a long comment`() throws {
    let comments = (1...60).map { "# note \($0), and more\n" }.joined()
    let rows = (1...100).map { "\($0)\tx\n" }.joined()
    var tab = configuration { $0.refusesMisfits = true }
    tab.delimiter = .tab
    tab.isDelimiterCertain = false
    let error = try #require(parse(comments + rows, tab).error)
    #expect(error.message.contains("--skip 60"))
  }

  @Test func `An empty line in a table of one column is noted`() {
    #expect(
      notes(parse("a\n1\n\n2\n\n")) == [
        "line 3: this line, like 1 line below it, is empty and no row; an empty field in a table of"
          + " one column is written \"\""
      ])
    #expect(notes(parse("a,b\n1,2\n\n3,4\n")) == [])
  }

  @Test(arguments: [
    "{\"a\":1,\"b\":2}\n{}\n", "[\n{}\n]\n", "<!DOCTYPE html>\n<p>\n", "<?xml a='1'?>\n<b/>\n",
  ])
  func `A text in another format is no table unless the delimiter is given`(_ text: String) throws {
    let error = try #require(parse(text).error)
    #expect(error.code == .notText && error.message.contains("this is no table but"))
    #expect(parse(text, configuration { $0.delimiter = .comma }).error?.code != .notText)
  }

  @Test func `Spaces around names of columns are left out and noted`() {
    let header = TableHeader(line: 1, fields: ["a", " b", "c\t"])
    #expect(header.columns == ["a", "b", "c"])
    #expect(header.repairs == ["spaces around names of columns are left out: \"b\", \"c\""])
  }

  @Test func `A line that names another delimiter than the caller is noted`() {
    let comma = configuration { $0.delimiter = .comma }
    #expect(notes(parse("sep=;\na,b\n1,2\n", comma)).first?.hasSuffix("chose another one") == true)
  }

  @Test func `A colon divides only a record that has no other delimiter`() {
    #expect(parse("name:uid\nroot:0\n").fields == [["root", "0"]])
    #expect(parse("time: start,b\n10:30,x\n").fields == [["10:30", "x"]])
  }

  @Test func `A guess between several delimiters is noted`() {
    #expect(
      notes(parse("a;b,c;d\n1;2;3\n")) == [
        "line 1: fields are divided by semicolon, although the line also has comma;"
          + " --delimiter chooses another"
      ])
  }

  @Test(arguments: [
    ("Report of 2025-01-06\nid;name;x\n1;A;2\n", "semicolon", 1),
    ("Report\n\nfor May\nid,name\n1,A\n2,B\n3,C\n", "comma", 3),
    ("# made by hand\r\nid\tname\r\n1\tA\r\n", "tab", 1),
  ])
  func `A title above the header is refused and the message says what to skip`(
    _ text: String, _ delimiter: String, _ skip: Int
  ) throws {
    for size in [1, 1_000] {
      let error = try #require(parse(text.utf8, nextChunkSize: { size }).error)
      #expect(error.code == .oneColumn)
      #expect(error.message.contains("a \(delimiter) divides the lines below line \(skip)"))
      #expect(error.message.contains("--skip \(skip) "))
    }
    let skipped = parse(text, configuration { $0.skippedLines = skip })
    #expect(skipped.header?.columns.first == "id" && skipped.error == nil)
  }

  @Test func `A table of one column is read, and a delimiter in some of its rows is noted`() {
    let parsed = parse("text\nplain\nmore\na; b\n  \n\n\"quoted, too\"\n10:30\n")
    #expect(
      parsed.fields == [["plain"], ["more"], ["a; b"], ["  "], ["quoted, too"], ["10:30"]])
    #expect(notes(parsed).count == 2 && notes(parsed)[1].hasPrefix("line 6: this line is empty"))
    #expect(notes(parsed)[0].hasPrefix("line 4: the table has one column, and this row has a semi"))
    let chosen = parse("text\na; b\n", .init(delimiter: .comma))
    #expect(chosen.fields == [["a; b"]] && notes(chosen).isEmpty)
  }

  @Test func `A delimiter that only a file's name suggests is doubted if the header has none`() {
    let doubtful = configuration {
      $0.delimiter = .tab
      $0.isDelimiterCertain = false
    }
    #expect(parse("a,b\n1,2\n", doubtful).error?.code == .oneColumn)
    #expect(parse("a,b\tc\n1,2\t3\n", doubtful).fields == [["1,2", "3"]])
    let parsed = parse("text\nplain\na; b\n", doubtful)
    #expect(parsed.fields == [["plain"], ["a; b"]] && notes(parsed).count == 1)
    #expect(parse("a,b\n1,2\n", .init(delimiter: .tab)).fields == [["1,2"]])
  }

  @Test func `A table without a header gets names for its columns`() {
    let parsed = parse("1,a\n2,b\n", configuration { $0.hasHeader = false })
    #expect(parsed.header?.columns == ["column_1", "column_2"])
    #expect(
      parsed.rows == [
        TableRow(line: 1, fields: ["1", "a"]), TableRow(line: 2, fields: ["2", "b"]),
      ])
  }

  @Test func `Comments are left out wherever a row could begin, but not inside quotes`() {
    let text = "# by hand\r#\na,b\n#1,2\n3,\"x\n# y\"\n#\n4,#\n# end"
    for size in [1, 100] {
      let parsed = parse(
        text.utf8, configuration { $0.comment = UInt8(ascii: "#") }, nextChunkSize: { size })
      #expect(parsed.fields == [["3", "x\n# y"], ["4", "#"]])
      #expect(parsed.rows.map(\.line) == [5, 8])
    }
  }

  @Test func `Another quote, and none, change what quotes mean`() {
    let single = configuration { $0.quote = UInt8(ascii: "'") }
    #expect(parse("a,b\n'x, ''y''',\"z\"\n", single).fields == [["x, 'y'", "\"z\""]])
    let none = configuration { $0.quote = nil }
    #expect(parse("a,b\n\"x,y\"\n", none).fields == [["\"x", "y\""]])
  }

  @Test func `A quote in TSV that nothing closes on its line is text, which is noted`() {
    let parsed = parse("a\tb\n1\t\"Q\n2\tx\"\n3\t\"Rome\" (2005)\n")
    #expect(parsed.fields == [["1", "\"Q"], ["2", "x\""], ["3", "\"Rome\" (2005)"]])
    #expect(notes(parsed).count == 1 && notes(parsed)[0].contains("line 2: this row has a field"))
  }

  @Test func `Rows of another length are errors, or padded, or left out`() {
    let text = "a,b,c\n1\n1,2,3\n1,2,3,,\n1,2,3,4\n"
    let error = parse(text)
    #expect(error.malformed.map(\.line) == [2, 4, 5])
    let padded = parse(text, configuration { $0.ragged = .pad })
    #expect(padded.fields == [["1", "", ""], ["1", "2", "3"], ["1", "2", "3"]])
    #expect(padded.malformed.map(\.line) == [5])
    #expect(notes(padded).map { $0.prefix(35) } == ["line 2: this row, like 1 row below "])
    let dropped = parse(text, configuration { $0.ragged = .drop })
    #expect(dropped.fields == [["1", "2", "3"]] && dropped.malformed.isEmpty)
    #expect(notes(dropped)[0].contains("like 2 rows below it, has another number of fields"))
  }
}

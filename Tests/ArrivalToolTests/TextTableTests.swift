// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalFormats
  import Testing

  @testable import ArrivalTool

  /// Tables for people.
  struct TextTableTests {
    private let long = String(repeating: "x", count: 100)

    @Test func `Numbers stand on the right, and no line ends in spaces`() {
      let table = TextTable(
        header: ["key", "n", "text"], rightAligned: [1],
        rows: [["a", "5", ""], ["bb", "10", "x"]])
      #expect(
        table.lines == ["key   n  text", "---  --  ----", "a     5", "bb   10  x"])
    }

    @Test func `Nothing is cut without a terminal, and a very long field pushes no other row`()
      throws
    {
      let table = TextTable(header: ["a", "b"], rows: [[long, "1"], ["y", "2"]])
      let layout = try #require(table.layout(fitting: nil))
      #expect(
        table.rowLines(layout) == [
          long + "  1", "y" + String(repeating: " ", count: TextTable.maxPadding + 1) + "2",
        ])
    }

    @Test(arguments: [20, 24, 40, 80, 300])
    func `The lines fit the terminal, the widest columns are cut, and keys are not`(
      _ width: Int
    ) throws {
      let table = TextTable(
        header: ["__key__", "n", "a", "b"], rightAligned: [1], uncut: [0],
        rows: [["K/1", "5", long, "日本語日本語"], ["K/22", "10", "x", "短い"]])
      guard let layout = table.layout(fitting: width) else {
        // A key, a number and two columns of six need more.
        #expect(width < 7 + 2 + 6 + 6 + 6)
        return
      }
      let lines = table.lines(layout)
      #expect(lines.allSatisfy { DisplayWidth.of($0) <= width })
      #expect(lines[2].hasPrefix("K/1       5  x"))
      #expect(lines[2].contains("…") == (width < 300))
      #expect(width < 40 || lines[2].hasSuffix("日本語日本語"))
    }

    @Test func `A table with too many columns for its terminal has no layout`() {
      let columns = (1...30).map { "column \($0)" }
      let table = TextTable(header: columns, rows: [columns])
      #expect(table.layout(fitting: 80) == nil)
      #expect(table.layout(fitting: nil) != nil)
    }
  }
#endif

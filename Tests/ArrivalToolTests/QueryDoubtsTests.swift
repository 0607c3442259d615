// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  @testable import ArrivalTool

  /// What the tool says about conditions that a query cannot mean.
  struct QueryDoubtsTests {
    private let folder: ToolFolder

    init() throws {
      folder = try ToolFolder()
      let lines = """
        {"key":"O/1","properties":{"amount":2.5,"day":{"timestamp":"2026-11-25T00:00:00Z"},"n":1}}
        {"key":"O/2","properties":{"amount":100.0,"day":null,"m":1,"n":2.5,"u":"x"},\
        "unindexed":["u"]}

        """
      #expect(try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines).code == 0)
    }

    private func messages(_ condition: String, _ values: String...) throws -> String {
      try folder.run(list: ["query", "a.db", "SELECT * FROM O \(condition)"] + values).errors
    }

    @Test func `A comparison with another type is noted, with the value to write`() throws {
      #expect(
        try messages("WHERE amount >= 100")
          == "arrival: \"amount\" holds doubles, and 100 is an integer; write 100.0\n"
      )
      #expect(
        try messages("WHERE day >= @1", "2026-01-01").contains(
          "\"day\" holds integers or timestamps, and \"2026-01-01\" is a string; a time is"))
      #expect(try messages("WHERE m IN ARRAY(1, 'x')").contains("\"x\" is a string"))
      #expect(
        try messages("WHERE n > 1")
          == """
          arrival: "n" holds integers and doubles, and every integer counts as less than every \
          double

          """)
      #expect(try messages("WHERE amount >= 100.0 AND day = NULL") == "")
      let export = try folder.run("export", "a.db", "--kind", "O", "--where", "amount > 1")
      #expect(export.lines.count == 2 && export.errors.contains("write 1.0"))
    }

    @Test func `A property without an index is noted in conditions, orders and projections`() throws
    {
      let missing = """
        arrival: no entity of kind O has an indexed property "amunt"; there are amount, day, m, n

        """
      #expect(try messages("WHERE amunt > 1.0") == missing)
      #expect(try messages("ORDER BY amunt DESC") == missing)
      #expect(try folder.run("query", "a.db", "SELECT amunt FROM O").errors == missing)
      #expect(
        try folder.run("query", "a.db", "SELECT COUNT(*) FROM O WHERE amunt > 1.0").errors
          == missing)
      #expect(try messages("WHERE u = 'x'").contains("indexed property \"u\""))
      #expect(try messages("WHERE __key__ > KEY(O, 1) ORDER BY day") == "")
    }
  }
#endif

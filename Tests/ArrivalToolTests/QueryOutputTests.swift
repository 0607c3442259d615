// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  @testable import ArrivalTool

  /// What query prints, as a process.
  struct QueryOutputTests {
    private let folder: ToolFolder

    init() throws {
      folder = try ToolFolder()
      let lines = """
        {"key":"K/1","properties":{"a":"x,y","b":1,"t":"z"}}
        {"key":"K/2","properties":{"a":"日本","b":2.5}}

        """
      #expect(try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines).code == 0)
    }

    private func query(_ gql: String, _ options: String..., input: String = "") throws -> String {
      let outcome = try folder.run(list: ["query", "a.db"] + [gql] + options, input: input)
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
      return outcome.output
    }

    @Test func `Each format has all values`() throws {
      let all = "SELECT * FROM K;"
      #expect(
        try query(all) == """
          __key__  a       b  t
          -------  ----  ---  -
          K/1      x,y     1  z
          K/2      日本  2.5

          """)
      #expect(
        try query(all, "--vertical") == """
          __key__  K/1
          a        x,y
          b        1
          t        z

          __key__  K/2
          a        日本
          b        2.5

          """)
      #expect(
        try query(all, "--format", "csv")
          == "__key__,a,b,t\nK/1,\"x,y\",1,z\nK/2,日本,2.5,\n")
      #expect(
        try query(all, "--format", "tsv") == "__key__\ta\tb\tt\nK/1\tx,y\t1\tz\nK/2\t日本\t2.5\t\n")
      let first = "{\"key\":\"K/1\",\"properties\":{\"a\":\"x,y\",\"b\":1,\"t\":\"z\"}}"
      let second = "{\"key\":\"K/2\",\"properties\":{\"a\":\"日本\",\"b\":2.5}}"
      #expect(try query(all, "--format", "jsonl") == "\(first)\n\(second)\n")
      #expect(try query(all, "--format", "json") == "[\n\(first),\n\(second)\n]\n")
    }

    @Test func `Columns are in the order of the query`() throws {
      #expect(
        try query("SELECT b, a FROM K ORDER BY b", "--format", "csv")
          == "b,a\n1,\"x,y\"\n2.5,日本\n")
      #expect(try query("SELECT b, a FROM K ORDER BY b").hasPrefix("  b  a\n"))
      #expect(try query("SELECT __key__ FROM K") == "__key__\n-------\nK/1\nK/2\n")
      #expect(
        try query("SELECT COUNT(*) AS n, SUM(b) AS a FROM K", "--format", "csv") == "n,a\n2,3.5\n")
    }

    @Test func `No results are shown in each format`() throws {
      let none = "SELECT * FROM K WHERE a = 'none'"
      for (format, output) in [
        ("table", "(0 rows)\n"), ("vertical", "(0 rows)\n"), ("csv", "__key__\n"), ("jsonl", ""),
        ("json", "[\n]\n"),
      ] {
        #expect(try query(none, "--format", format) == output)
      }
      #expect(try query("SELECT b, t FROM K WHERE a = 'none'", "--format", "csv") == "b,t\n")
    }

    @Test func `Queries are read from a file and from standard input`() throws {
      let text =
        "-- two queries\nSELECT __key__ FROM K LIMIT 1; -- the first; it is short\n"
        + "SELECT COUNT(*)\nFROM K"
      try folder.write(text, to: "q.gql")
      let expected = "__key__\nK/1\n\nproperty_1\n2\n"
      #expect(try query("-", "--format", "csv", input: text) == expected)
      let file = try folder.run("query", "a.db", "--file", "q.gql", "--format", "csv")
      #expect(file.output == expected && file.code == 0)
      let bound = try folder.run(
        "query", "a.db", "--file", "-", "2.5", "--format", "csv",
        input: "SELECT __key__ FROM K WHERE b = @1;")
      #expect(bound.output == "__key__\nK/2\n" && bound.code == 0)
      let wrong = try folder.run(
        "query", "a.db", input: "SELECT * FROM K;\n\n  SELECT * FORM K;")
      #expect(wrong.code == 2 && wrong.output == "" && wrong.errors.contains("line 3, column 12"))
      let empty = try folder.run("query", "a.db", "-", input: " \n-- nothing\n;")
      #expect(empty.code == 2 && empty.errors.contains("standard input: there is no query"))
    }

    @Test func `A value that TSV cannot hold is reported`() throws {
      #expect(try folder.run("put", "a.db", "T/1", "a=x\ty").code == 0)
      let outcome = try folder.run("query", "a.db", "SELECT * FROM T", "--format", "tsv")
      #expect(outcome.code == 1 && outcome.output == "__key__\ta\n")
      #expect(outcome.errors.contains("T/1 is left out: it has a tab"))
    }

    @Test func `An exported table has the columns that are asked for`() throws {
      func export(_ options: String...) throws -> ToolFolder.Outcome {
        try folder.run(list: ["export", "a.db", "--kind", "K", "--format", "csv"] + options)
      }
      #expect(try export("--columns", "b,__key__").output == "b,__key__\n1,K/1\n2.5,K/2\n")
      #expect(try export("--columns", "b,t", "--no-key").output == "b,t\n1,z\n2.5,\n")
      let typo = try export("--columns", "b,bb")
      #expect(typo.code == 1 && typo.errors.contains("column \"bb\" is empty"))
      #expect(typo.errors.contains("there are b, a, t"))
      #expect(try export("--columns", "b,b").code == 64)
      #expect(try export("--kind", "L").code == 64)
      _ = try folder.run("put", "a.db", "L/1")
      let both = try folder.run("export", "a.db", "--kind", "L", "--kind", "K")
      #expect(both.lines.count == 3)
    }

    @Test func `A value that no query has a place for is refused, and so is more than a condition`()
      throws
    {
      for arguments in [
        ["SELECT * FROM K WHERE b = @1", "1", "2"], ["SELECT * FROM K", "--bind", "y=1"],
        ["SELECT * FROM K WHERE b = @y", "--bind", "y=1", "--bind", "y=2"],
      ] {
        let outcome = try folder.run(list: ["query", "a.db"] + arguments)
        #expect(outcome.code == 2 && outcome.output == "", "\(arguments)")
      }
      for rest in ["LIMIT 1", "ORDER BY b", "OFFSET 1"] {
        let outcome = try folder.run(
          "export", "a.db", "--kind", "K", "--where", "b > 0 \(rest)")
        #expect(outcome.code == 2 && outcome.errors.contains("a condition alone"))
      }
    }

    @Test func `The shell runs queries and commands, and goes on after a mistake`() throws {
      let outcome = try folder.run(
        "shell", "a.db",
        input: """
          .format csv
          SELECT a
          FROM K LIMIT 1;
          SELEKT;
          .kinds
          .frmat
          SELECT COUNT(*) AS n FROM K

          quit
          SELECT * FROM K;

          """)
      #expect(outcome.output == "a\n\"x,y\"\nK\nn\n2\n")
      #expect(outcome.errors.contains("did you mean SELECT?"))
      #expect(outcome.errors.contains("did you mean \".format\"?"))
      #expect(outcome.code == 2 && !outcome.errors.contains("ExitCode"))
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// import and export, as a process.
  struct TransferTests {
    private static let lines = """
      {"key":"archive:G/\\"a/b\\"/K/1","properties":{"n":{"entity":{"key":"I/2","properties":\
      {"x":[1,{"bytes":"AQ"}]},"unindexed":["x"]}}},"unindexed":["n"]}

      """

    private static let values = """
      {"key":"K/1","properties":{"b":true,"d":-0.0,"g":{"geoPoint":[1.5,-2.0]},\
      "i":-9223372036854775808,"n":null,"nan":{"double":"nan"},"s":"a\\n\\"\\\\\\u0000é🙂",\
      "t":{"timestamp":"0001-01-01T00:00:00Z"},"x":1e+300}}
      {"key":"K/x","properties":{"a":[],"inf":{"double":"-inf"},"k":{"key":"P/1/C/\\"7\\""}},\
      "unindexed":["k"]}

      """

    @Test func `An export as JSON Lines is imported without loss`() throws {
      let folder = try ToolFolder()
      let stored = try folder.run("import", "a.db", "-", "--format", "jsonl", input: Self.values)
      #expect(
        stored.code == 0 && stored.output == "2 entities stored in a.db\n" && stored.errors == "")
      #expect(try folder.run("export", "a.db").output == Self.values)
      #expect(
        try folder.run("import", "a.db", "-", "--format", "jsonl", input: Self.lines).code == 0)
      #expect(try folder.run("export", "a.db", "--namespace", "archive").output == Self.lines)
    }

    @Test func `All namespaces are exported and imported again in each format`()
      throws
    {
      let folder = try ToolFolder()
      let lines =
        ["", "archive:", "old.1:"].map { namespace in
          (1...2).map {
            "{\"key\":\"\(namespace)K/\($0)\",\"properties\":{\"a\":\"\(namespace)\($0)\"}}\n"
          }.joined()
        }.joined() + "{\"key\":\"old.1:L/x\",\"properties\":{\"b\":\"1\"}}\n"
      #expect(try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines).code == 0)
      #expect(try folder.run("export", "a.db").lines.count == 2)
      let all = try folder.run("export", "a.db", "--all-namespaces")
      #expect(all.code == 0 && all.output == lines)
      _ = try folder.run("import", "b.db", "-", "--format", "jsonl", input: all.output)
      #expect(try folder.run("export", "b.db", "--all-namespaces").output == lines)
      for format in ["csv", "tsv"] {
        let arguments = ["--kind", "K", "--format", format, "--all-namespaces"]
        let table = try folder.run(list: ["export", "a.db"] + arguments)
        #expect(table.lines.count == 7 && table.lines[0].hasPrefix("__key__"))
        try folder.write(table.output, to: "all.\(format)")
        #expect(try folder.run("import", "\(format).db", "all.\(format)").code == 0)
        let again = try folder.run(list: ["export", "\(format).db"] + arguments)
        #expect(again.output == table.output)
        #expect(
          try folder.run("export", "\(format).db", "--namespace", "archive").lines.count == 2)
      }
      let both = try folder.run("export", "a.db", "--all-namespaces", "--namespace", "archive")
      #expect(both.code == 64 && both.errors.contains("exclude each other"))
    }

    @Test func `A table's columns get the requested types and are exported as a table again`()
      throws
    {
      let folder = try ToolFolder()
      let table = "id,name,age,at\n7,\"Ann, A\",41,2026-11-25T04:00:00Z\nx,\"\"\"B\"\"\",,\n"
      try folder.write(table, to: "User.csv")
      let stored = try folder.run(
        "import", "a.db", "User.csv", "--key", "id", "--type", "age=integer", "--type",
        "at=timestamp", "--unindexed", "name")
      #expect(stored.code == 0, "\(stored.errors)")
      #expect(
        try folder.run("export", "a.db").output == """
          {"key":"User/7","properties":{"age":41,"at":{"timestamp":"2026-11-25T04:00:00Z"},\
          "name":"Ann, A"},"unindexed":["name"]}
          {"key":"User/x","properties":{"age":null,"at":null,"name":"\\"B\\""},"unindexed":["name"]}

          """)
      let csv = try folder.run("export", "a.db", "--kind", "User", "--format", "csv")
      #expect(
        csv.output == """
          __key__,age,at,name
          User/7,41,2026-11-25T04:00:00Z,"Ann, A"
          User/x,,,\"""B\"""

          """)
      try folder.write(csv.output, to: "again.csv")
      _ = try folder.run("import", "b.db", "again.csv", "--type", "age=integer")
      let again = try folder.run("export", "b.db", "--kind", "User", "--format", "csv")
      #expect(again.output == csv.output)
      let tsv = try folder.run(
        "export", "a.db", "--kind", "User", "--format", "tsv", "--columns", "name,age")
      #expect(tsv.output == "__key__\tname\tage\nUser/7\tAnn, A\t41\nUser/x\t\"\"\"B\"\"\"\t\n")
    }

    @Test
    func `Options that a file's own keys contradict are refused, and those of tables for JSON`()
      throws
    {
      let folder = try ToolFolder()
      try folder.write("{\"key\":\"K/1\",\"properties\":{}}\n", to: "x.jsonl")
      for option in [
        ["--namespace", "staging"], ["--kind", "L"], ["--key", "id"], ["--type", "a=integer"],
        ["--unindexed", "a"],
      ] {
        let outcome = try folder.run(list: ["import", "a.db", "x.jsonl"] + option)
        #expect(outcome.code == 2 && outcome.errors.contains("leave out \(option[0])"))
        #expect(!folder.exists("a.db"))
      }
      for option in [
        ["--delimiter", "tab"], ["--quote", "none"], ["--no-header"], ["--skip", "1"],
        ["--comment", "#"], ["--ragged", "pad"], ["--types", "auto"], ["--null", ""],
      ] {
        let outcome = try folder.run(list: ["import", "a.db", "x.jsonl"] + option)
        #expect(
          outcome.code == 64 && outcome.errors.contains("\(option[0]) is an option for tables"))
        #expect(!folder.exists("a.db"))
      }
      try folder.write("__key__,a\nK/1,5\n", to: "x.csv")
      for option in [["--namespace", "staging"], ["--kind", "L"]] {
        let outcome = try folder.run(list: ["import", "a.db", "x.csv"] + option)
        #expect(outcome.code == 2 && outcome.errors.contains("leave out \(option[0])"))
      }
      #expect(!folder.exists("a.db"))
    }

    @Test
    func `Rows that cannot be stored are reported with their lines and exit code 1`()
      throws
    {
      let folder = try ToolFolder()
      let table = try folder.run(
        "import", "a.db", "-", "--format", "csv", "--kind", "P", "--key", "id", "--type",
        "age=integer", input: "id,age\n1,41\n2,old\n3\n,5\n")
      #expect(table.code == 1 && table.output == "1 entity stored in a.db\n")
      #expect(
        table.errors == """
          standard input: line 3: column "age": "old" is not an integer, such as -12
          standard input: line 4: expected 2 fields, found 1; --ragged pad adds empty fields, and \
          --ragged drop leaves such rows out
          standard input: line 5: column "id" names the entity and is empty
          arrival: 3 rows of standard input not stored

          """)
      let lines = try folder.run(
        "import", "a.db", "-", "--format", "jsonl",
        input: "{\"key\":\"A/1\",\"properties\":{\"__x__\":1}}\n{]\n{\"properties\":{}}\n")
      #expect(lines.code == 1)
      #expect(lines.errors.contains("line 1: A/1, property \"__x__\""))
      #expect(lines.errors.contains("line 2: column 2"))
      #expect(lines.errors.contains("line 3: the entity has no \"key\""))
    }

    @Test func `An unreadable file leaves no database behind and has exit code 2`() throws {
      let folder = try ToolFolder()
      try folder.write("a,b\n1,2\n", to: "t.csv")
      #expect(try folder.run("import", "a.db", "none.csv").code == 2)
      #expect(try folder.run("import", "a.db", ".", "--format", "jsonl").code == 2)
      #expect(try folder.run("import", "a.db", "t.txt").code == 2)
      #expect(!folder.exists("a.db"))
      let column = try folder.run("import", "a.db", "t.csv", "--key", "c")
      #expect(column.code == 2 && column.errors.contains("\"a\", \"b\""))
    }

    @Test func `An export ends silently when its reader stops early`() throws {
      let folder = try ToolFolder()
      let filler = String(repeating: "x", count: 100)
      let lines = (1...3_000).map {
        "{\"key\":\"K/\($0)\",\"properties\":{\"text\":\"row \($0) \(filler)\"}}\n"
      }
      #expect(
        try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines.joined()).code == 0)
      let process = try folder.process(["export", "a.db"])
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      try pipe.fileHandleForWriting.close()
      #expect(try pipe.fileHandleForReading.read(upToCount: 10)?.count == 10)
      try pipe.fileHandleForReading.close()
      process.waitUntilExit()
      // By the signal, or where that is ignored as if by it.
      #expect([SIGPIPE, 141].contains(process.terminationStatus))
      let errors = try String(
        contentsOf: folder.url.appendingPathComponent("stderr"), encoding: .utf8)
      #expect(errors == "")
      #expect(try folder.run("check", "a.db").code == 0)
    }

    @Test func `Ctrl-C ends an import after the rows in flight and leaves the database intact`()
      throws
    {
      let folder = try ToolFolder()
      let process = try folder.process(["import", "a.db", "-", "--format", "jsonl"])
      let input = Pipe()
      let errors = Pipe()
      process.standardInput = input
      process.standardError = errors
      try process.run()
      let row = "{\"key\":\"K/?\",\"properties\":{\"a\":1}}\n"
      try input.fileHandleForWriting.write(
        contentsOf: Data(String(repeating: row, count: 2_500).utf8))
      // That the rows are being stored shows that the signal is already taken care of.
      while !folder.exists("a.db-wal") {}
      kill(process.processIdentifier, SIGINT)
      let said = errors.fileHandleForReading.availableData
      #expect(String(decoding: said, as: UTF8.self).contains("stopping"))
      // The end of the input wakes the tool, which waits for a row.
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      let output = try String(
        contentsOf: folder.url.appendingPathComponent("stdout"), encoding: .utf8)
      #expect(output == "")
      #expect(try folder.run("check", "a.db").code == 0)
    }
  }
#endif

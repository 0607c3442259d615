// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Files as people have them, imported by the process.
  struct ImportTests {
    /// A field so large that a chunk has few rows.
    private static let large = String(repeating: "x", count: 60_000)

    private func stored(_ folder: ToolFolder, _ arguments: String...) throws -> [String] {
      try folder.run(list: ["export", "a.db"] + arguments).lines
    }

    @Test func `A table of carriage returns alone is stored, also with none but quoted line feeds`()
      throws
    {
      let folder = try ToolFolder()
      let rows = (1...3_000).map { "\($0),\"x\ry\($0)\"\r" }
      try folder.write("id,v\r" + rows.joined(), to: "T.csv")
      let outcome = try folder.run("import", "a.db", "T.csv", "--key", "id")
      #expect(outcome.code == 0 && outcome.output == "3,000 entities stored in a.db\n")
      #expect(
        try folder.run("get", "a.db", "T/3000").output
          == "{\"key\":\"T/3000\",\"properties\":{\"v\":\"x\\ry3000\"}}\n")
    }

    @Test(arguments: [
      ("a,b\n", "the table has a header but no rows"), ("", "the table is empty"),
      ("title\na;b\n1;2\n", "--skip 1"), ("\"a\n1\n", "never closed"),
    ])
    func `A table that is refused has the parser's message and leaves no database behind`(
      _ table: String, _ message: String
    ) throws {
      let folder = try ToolFolder()
      let outcome = try folder.run("import", "a.db", "-", "--format", "csv", input: table)
      #expect(outcome.code == 2 && outcome.output == "" && outcome.errors.contains(message))
      #expect(!folder.exists("a.db"))
    }

    @Test func `A file that breaks off after many rows leaves no new database behind`() throws {
      let folder = try ToolFolder()
      let objects = (1...200).map { "{\"id\":\($0),\"v\":\"\(Self.large)\"}" }
      try folder.write("[" + objects.joined(separator: ","), to: "K.json")
      let arguments = [
        "import", "a.db", "K.json", "--kind", "K", "--key", "id", "--unindexed", "v",
      ]
      let outcome = try folder.run(list: arguments)
      #expect(outcome.code == 2 && outcome.errors.contains("the array is not closed"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).allSatisfy {
          !$0.hasPrefix("a.db")
        })
      // A database that existed is kept, with what was stored before the error.
      #expect(try folder.run("put", "a.db", "A/1").code == 0)
      let again = try folder.run(list: arguments)
      #expect(again.code == 2 && again.errors.contains("stored before the error"))
      let count = try stored(folder, "--kind", "K").count
      #expect(count > 0 && count < 200 && again.errors.contains("--after \(count)\n"))
      #expect(try stored(folder, "--namespace", "arrival.import") == [])
      // The rest of the repaired file has no row that is stored already.
      try folder.write("[" + objects.joined(separator: ",") + "]", to: "K.json")
      let rest = try folder.run(list: arguments + ["--insert", "--after", "\(count)"])
      #expect(rest.code == 0 && rest.output.contains("\(200 - count) of them now"))
      #expect(try stored(folder, "--kind", "K").count == 200)
    }

    @Test func `Continuing an import that never began begins it, and a changed file is named`()
      throws
    {
      let folder = try ToolFolder()
      let rows = (1...300).map { "\($0),\(Self.large)\n" }
      try folder.write("n,v\n" + rows.joined(), to: "K.csv")
      let arguments = ["import", "a.db", "K.csv", "--unindexed", "v", "--resume"]
      #expect(try folder.run("put", "a.db", "A/1").code == 0)
      let process = try folder.process(arguments)
      try process.run()
      while try folder.run("export", "a.db").lines.count < 2 {}
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit { return }
      try folder.write("n,v\n" + rows.joined() + "301,x\n", to: "K.csv")
      let changed = try folder.run(list: arguments)
      #expect(changed.code == 2 && changed.errors.contains("the file has changed since an import"))
      let plain = try folder.run(list: Array(arguments.dropLast()))
      #expect(plain.code == 0 && plain.errors.contains("--restart forgets that import"))
    }

    @Test func `Numbers that do not fit are refused with their columns`() throws {
      let folder = try ToolFolder()
      let fields = [
        "1e999", "0x10", "1_000", "\"1,5\"", "inf", "nan", "NA", "1e-400", "12345678901234567890",
      ]
      let table = "k,x,y\n" + fields.map { "1,\($0),2\n" }.joined()
      for type in ["integer", "double"] {
        let outcome = try folder.run(
          "import", "a.db", "-", "--format", "csv", "--type", "x=\(type)", input: table)
        // A double holds twenty digits, though not exactly: its type was asked for.
        let count = type == "integer" ? 9 : 8
        #expect(outcome.code == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("\(count) rows of standard input not stored"))
        #expect(outcome.errors.contains("line 2: column \"x\""))
        #expect(outcome.errors.contains("add --null NA"))
      }
    }

    @Test func `A line that names the delimiter for Excel is no row`() throws {
      for lineEnd in ["\n", "\r\n", "\r"] {
        let folder = try ToolFolder()
        let table = ["sep=;", "k;v,w", "1;a,b"].map { $0 + lineEnd }.joined()
        let outcome = try folder.run(
          "import", "a.db", "-", "--format", "csv", "--key", "k", input: table)
        #expect(
          outcome.code == 0 && outcome.errors.contains("line 1: this line names the delimiter"))
        #expect(try stored(folder) == ["{\"key\":\"Row/1\",\"properties\":{\"v,w\":\"a,b\"}}"])
      }
      let folder = try ToolFolder()
      let column = try folder.run(
        "import", "a.db", "-", "--format", "csv", "--key", "sep=x", input: "sep=x,v\n1,a\n")
      #expect(column.code == 0 && column.errors == "")
    }

    @Test func `A value that is too long for an index is reported with the option that helps`()
      throws
    {
      let folder = try ToolFolder()
      let table = "k,v\n1,\(Self.large)\n"
      let arguments = ["import", "a.db", "-", "--format", "csv", "--key", "k"]
      let refused = try folder.run(list: arguments, input: table)
      #expect(refused.code == 1 && refused.errors.contains("(--unindexed v)"))
      #expect(try folder.run(list: arguments + ["--unindexed", "v"], input: table).code == 0)
    }

    @Test func `Types are chosen from the whole table, from a pipe too, and printed`() throws {
      let folder = try ToolFolder()
      let table = """
        id,i,d,b,t,z,m,big,n
        1,1,1.5,true,2026-11-25,007,1,12345678901234567890,
        2,-3,2,FALSE,2026-11-25T04:00:00+01:00,1,NA,1.5,

        """
      let outcome = try folder.run(
        "import", "a.db", "-", "--format", "csv", "--key", "id", "--types", "auto", "--null", "NA",
        input: table)
      #expect(outcome.code == 0)
      #expect(
        try stored(folder) == [
          """
          {"key":"Row/1","properties":{"b":true,"big":"12345678901234567890","d":1.5,"i":1,\
          "m":1,"n":"","t":{"timestamp":"2026-11-25T00:00:00Z"},"z":"007"}}
          """,
          """
          {"key":"Row/2","properties":{"b":false,"big":"1.5","d":2.0,"i":-3,"m":null,"n":"",\
          "t":{"timestamp":"2026-11-25T03:00:00Z"},"z":"1"}}
          """,
        ])
      #expect(outcome.errors.contains("column \"i\" is of type integer\n"))
      #expect(outcome.errors.contains("no offset and was read as UTC"))
      let plain = try folder.run(
        "import", "b.db", "-", "--format", "csv", "--types", "auto",
        input: "x\n1\n2\nNA\n4\n")
      #expect(plain.errors.contains("\"x\" is of type string, because line 4 has \"NA\""))
    }

    @Test func `Plain objects get the kind and the key that the options name`() throws {
      let folder = try ToolFolder()
      let text = "{\"id\":7,\"name\":\"Ann\",\"tags\":[1,\"x\"],\"at\":{\"city\":{\"n\":null}}}\n"
      for (file, content) in [
        ("a.jsonl", text), ("a.json", "[\(text)]"), ("b.json", "\u{FEFF}" + text),
      ] {
        try folder.write(content, to: file)
        let outcome = try folder.run("import", "a.db", file, "--kind", "U", "--key", "id")
        #expect(outcome.code == 0 && outcome.errors == "")
        #expect(
          try stored(folder) == [
            """
            {"key":"U/7","properties":{"at":{"entity":{"properties":{"city":{"entity":\
            {"properties":{"n":null}}}}}},"name":"Ann","tags":[1,"x"]}}
            """
          ])
      }
      let unnamed = try folder.run("import", "b.db", "a.jsonl")
      #expect(unnamed.code == 0 && unnamed.errors.contains("kind \"a\", each with a new ID"))
    }

    @Test func `Names that differ only in their Unicode form are two properties`() throws {
      let folder = try ToolFolder()
      let text = "{\"key\":\"U/1\",\"properties\":{\"caf\u{E9}\":1,\"cafe\u{301}\":2}}\n"
      let outcome = try folder.run("import", "a.db", "-", "--format", "jsonl", input: text)
      #expect(outcome.code == 0 && outcome.errors == "")
      let lines = try stored(folder)
      #expect(lines.count == 1 && lines[0].unicodeScalars.contains("\u{301}"))
      #expect(lines[0].unicodeScalars.contains("\u{E9}"))
    }

    @Test func `A key that a file has twice is reported, and the later line counts`() throws {
      let folder = try ToolFolder()
      try folder.write("k,v\n1,a\n2,b\n1,c\n", to: "K.csv")
      let outcome = try folder.run("import", "a.db", "K.csv", "--key", "k")
      #expect(outcome.code == 1 && outcome.output == "2 entities stored in a.db\n")
      #expect(outcome.errors.contains("line 4: K/1 is also on line 2, which this line replaces"))
      #expect(try stored(folder)[0] == "{\"key\":\"K/1\",\"properties\":{\"v\":\"c\"}}")
    }

    @Test func `Inserting leaves existing entities alone and reports their lines`() throws {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "a.db", "K/2", "v=old").code == 0)
      try folder.write("k,v\n1,a\n2,b\n3,c\n1,d\n", to: "K.csv")
      for dry in [true, false] {
        let outcome = try folder.run(
          list: ["import", "a.db", "K.csv", "--key", "k", "--insert"] + (dry ? ["--dry-run"] : []))
        #expect(outcome.code == 1 && outcome.lines[0].hasPrefix("2 entities "))
        #expect(
          outcome.errors.contains("line 3: K/2 exists; it was left alone")
            && outcome.errors.contains("line 5: K/1 is also on line 2; this line was left out"))
        #expect(try stored(folder).count == (dry ? 1 : 3))
      }
      #expect(
        try stored(folder)[1] == "{\"key\":\"K/2\",\"properties\":{\"v\":\"old\"}}")
    }

    @Test func `A dry run stores nothing and reports what would be stored`() throws {
      let folder = try ToolFolder()
      try folder.write("k,v\n1,1\n2,x\n", to: "K.csv")
      let outcome = try folder.run(
        "import", "a.db", "K.csv", "--key", "k", "--type", "v=integer", "--dry-run")
      #expect(
        outcome.code == 1
          && outcome.output == """
            1 entity would be stored in a.db
            K: 1
            the first: {"key":"K/1","properties":{"v":1}}

            """
      )
      #expect(outcome.errors.contains("line 3: column \"v\": \"x\" is not an integer"))
      #expect(!folder.exists("a.db"))
    }

    @Test func `An interrupted import is continued where it stopped, and only then`() throws {
      let folder = try ToolFolder()
      let rows = (1...300).map { $0 == 100 ? "\($0),too,many\n" : "\($0),\(Self.large)\n" }
      try folder.write("n,v\n" + rows.joined(), to: "K.csv")
      let arguments = ["import", "a.db", "K.csv", "--unindexed", "v"]
      // In a file that exists, transactions are small.
      #expect(try folder.run("put", "a.db", "A/1").code == 0)
      let process = try folder.process(arguments)
      try process.run()
      while try folder.run("export", "a.db").lines.count < 2 {}
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit { return }
      let before = try stored(folder, "--kind", "K").count
      let changed = try folder.run(list: arguments + ["--resume", "--unindexed", "n"])
      #expect(changed.code == 2 && changed.errors.contains("with others (--unindexed v) stopped"))
      let again = try folder.run(list: arguments)
      #expect(again.code == 2 && again.errors.contains("add --resume to go on, or --restart"))
      let other = try folder.run(list: arguments + ["--key", "n"])
      #expect(other.code == 2 && other.errors.contains("with other options (--unindexed v)"))
      #expect(try stored(folder, "--kind", "K").count == before)
      let resumed = try folder.run(list: arguments + ["--resume"])
      #expect(resumed.code == 1 && resumed.output.hasPrefix("299 entities stored in a.db, "))
      #expect(resumed.errors.contains("going on after row "))
      #expect(resumed.errors.contains("1 row of K.csv not stored"))
      // Rows without keys get new IDs, so a row that was stored twice would be here twice.
      #expect(try stored(folder, "--kind", "K").count == 299)
      let complete = try folder.run(list: arguments + ["--resume"])
      #expect(complete.code == 1 && complete.errors.contains("this import is already complete"))
      #expect(complete.output == "299 entities stored in a.db, 0 of them now\n")
      #expect(try stored(folder, "--kind", "K").count == 299)
      #expect(try folder.run("export", "a.db", "--all-namespaces").lines.count == 300)
    }

    @Test
    func `An import that was interrupted is repeated from the beginning if that is asked for`()
      throws
    {
      let folder = try ToolFolder()
      let rows = (1...300).map { "\($0),\(Self.large)\n" }
      try folder.write("n,v\n" + rows.joined(), to: "K.csv")
      let arguments = ["import", "a.db", "K.csv", "--key", "n", "--unindexed", "v"]
      #expect(try folder.run("put", "a.db", "A/1").code == 0)
      let process = try folder.process(arguments)
      try process.run()
      while try folder.run("export", "a.db").lines.count < 2 {}
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      if process.terminationStatus == 0 { return }
      #expect(process.terminationStatus == 130)
      #expect(try folder.text("stderr").contains("repeat the command with --resume to go on"))
      #expect(try folder.text("stdout") == "")
      let both = try folder.run(list: arguments + ["--resume", "--restart"])
      #expect(both.code == 64)
      let restarted = try folder.run(list: arguments + ["--restart"])
      #expect(restarted.code == 0 && restarted.output == "300 entities stored in a.db\n")
      #expect(try folder.run(list: arguments).code == 0)
    }

    @Test(arguments: [
      ("Statement\n\nAccount;12\n\na;b;c\n1;2;3\n4;5;6\n7;8;9\n", "add --skip 4"),
      ("Account;12\nfrom;to\na;b;c\n1;2;3\n4;5;6\n7;8;9\n", "add --skip 2"),
      ("a,b\n1;2\n3;4\n5;6\n", "the header on line 1 has 2; add --delimiter"),
    ])
    func `A table under a title is refused with the line on which it begins`(
      _ table: String, _ advice: String
    ) throws {
      let folder = try ToolFolder()
      try folder.write(table, to: "K.csv")
      let outcome = try folder.run("import", "a.db", "K.csv")
      #expect(outcome.code == 2 && outcome.errors.contains(advice), "\(outcome.errors)")
      #expect(!folder.exists("a.db"))
    }

    @Test func `Rows that do not fit are reported one by one if that is asked for`() throws {
      let folder = try ToolFolder()
      try folder.write("a;b\n1;2;3\n4;5;6\n7;8\n", to: "K.csv")
      let outcome = try folder.run("import", "a.db", "K.csv", "--ragged", "error")
      #expect(outcome.code == 1 && outcome.output == "1 entity stored in a.db\n")
      #expect(outcome.errors.contains("line 2: expected 2 fields, found 3; write quotes around"))
    }

    @Test func `A column of keys with both IDs and names is noted, and a type decides`() throws {
      let folder = try ToolFolder()
      try folder.write("v,x\n13,a\n1.1,b\n-3,c\n", to: "K.csv")
      let mixed = try folder.run("import", "a.db", "K.csv", "--key", "v")
      #expect(mixed.code == 0 && mixed.errors.contains("--type v=string makes all of them names"))
      #expect(
        try folder.run("query", "a.db", "SELECT __key__ FROM K", "--format", "csv").lines
          == ["__key__", "K/-3", "K/13", "\"K/\"\"1.1\"\"\""])
      let names = try folder.run("import", "b.db", "K.csv", "--key", "v", "--type", "v=string")
      #expect(names.code == 0 && names.errors == "")
      #expect(try folder.run("get", "b.db", "K/\"13\"", "K/\"-3\"").code == 0)
      let ids = try folder.run("import", "c.db", "K.csv", "--key", "v", "--type", "v=integer")
      #expect(ids.code == 1 && ids.errors.contains("line 3: column \"v\": \"1.1\" is not an ID"))
      let bytes = try folder.run("import", "d.db", "K.csv", "--key", "v", "--type", "v=bytes")
      #expect(bytes.code == 64)
    }

    @Test func `Rows without keys are noted, and so are members that no object has`() throws {
      let folder = try ToolFolder()
      try folder.write("a,b\n1,2\n", to: "K.csv")
      #expect(
        try folder.run("import", "a.db", "K.csv").errors
          == "K.csv: each row gets a new ID; --key COLUMN names a column of IDs or names\n")
      try folder.write("{\"a\":1}\n", to: "K.json")
      let json = try folder.run(
        "import", "a.db", "K.json", "--kind", "K", "--unindexed", "nosuch", "--format", "json")
      #expect(json.code == 0 && json.errors.contains("no object has a member \"nosuch\""))
    }

    @Test func `Values that are too long for an index are summed up for each column`() throws {
      let folder = try ToolFolder()
      let long = String(repeating: "x", count: 1_600)
      try folder.write("k,v,w\n1,\(long),\(long)\n2,\(long),\n3,,\(long)\n", to: "K.csv")
      let outcome = try folder.run("import", "a.db", "K.csv", "--key", "k")
      #expect(outcome.code == 1)
      #expect(
        outcome.errors.contains("\"v\": 2 values are too long for an index; add --unindexed v"))
      #expect(outcome.errors.contains("\"w\": 2 values are too long"))
      #expect(outcome.errors.contains("line 2: K/1, property \"v\""))
    }

    @Test func `Options for the column of keys are refused, and null is no name`() throws {
      let folder = try ToolFolder()
      try folder.write("k,v\nNA,1\n2,NA\n", to: "K.csv")
      try folder.write("__key__,v\nK/1,1\n", to: "W.csv")
      for options in [
        ["K.csv", "--key", "k", "--unindexed", "k"], ["W.csv", "--key", "__key__"],
        ["W.csv", "--type", "__key__=string"],
        ["K.csv", "--type", "v=integer", "--type", "v=double"],
      ] { #expect(try folder.run(list: ["import", "a.db"] + options).code == 64, "\(options)") }
      let null = try folder.run("import", "a.db", "K.csv", "--key", "k", "--null", "NA")
      #expect(null.code == 1 && null.errors.contains("\"k\" names the entity and is null"))
      try folder.write("{\"__key__\":\"K/9\",\"v\":1}\n", to: "K.json")
      #expect(try folder.run("import", "a.db", "K.json").errors == "")
      let kind = try folder.run("import", "a.db", "K.json", "--kind", "L")
      #expect(kind.code == 1 && kind.errors.contains("leave out --kind"))
    }

    @Test func `Numbers of invoices and weeks are no dates`() throws {
      let folder = try ToolFolder()
      try folder.write(
        "a,b,c\n2024-001,2026-W48-3,2026-11-25\n2024-002,2026-W49-1,2026-11-26T10:00Z\n",
        to: "K.csv")
      let outcome = try folder.run("import", "a.db", "K.csv", "--types", "auto")
      #expect(outcome.errors.contains("\"a\" is of type string, because line 2 has \"2024-001\""))
      #expect(outcome.errors.contains("\"b\" is of type string"))
      #expect(outcome.errors.contains("\"c\" is of type timestamp"))
    }

    @Test func `What is no table and no JSON is called by its name`() throws {
      let folder = try ToolFolder()
      try folder.write("x", to: "x.txt")
      try Data([0x42, 0x5A, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0xFF]).write(
        to: folder.url.appendingPathComponent("x.csv.bz2"))
      try Data([0x9D, 0x21, 0, 0, 0, 1, 0x0A, 0xFF]).write(
        to: folder.url.appendingPathComponent("x.overall_export_metadata"))
      for (file, message) in [
        (".", "directory"), ("x.csv.bz2", "bzip2"), ("none.xyz", "no such file"),
        ("x.txt", "add --format csv, tsv or jsonl"),
        ("x.overall_export_metadata", "import its files output-0"),
      ] {
        let outcome = try folder.run("import", "a.db", file)
        #expect(outcome.code == 2 && outcome.errors.contains(message), "\(outcome.errors)")
      }
    }

    @Test func `Nothing is stored in the namespace of interrupted imports`() throws {
      let folder = try ToolFolder()
      let put = try folder.run("put", "a.db", "arrival.import:X/1")
      #expect(put.code == 2 && put.errors.contains("imports and copies keep how far they are"))
      let lines = "{\"key\":\"arrival.import:X/1\",\"properties\":{}}\n"
      let outcome = try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines)
      #expect(outcome.code == 1 && outcome.errors.contains("line 1: in the namespace"))
    }

    @Test func `Messages are in the order of the lines`() throws {
      let folder = try ToolFolder()
      let long = String(repeating: "x", count: 1_600)
      let outcome = try folder.run(
        "import", "a.db", "-", "--format", "csv", "--key", "k", "--type", "v=integer",
        input: "k,v,s\n1,1,\(long)\n2,x,\n3,3,\(long)\n4\n")
      let lines = outcome.errors.split(separator: "\n").map { $0.prefix(24) }
      #expect(lines.prefix(4) == (2...5).map { "standard input: line \($0): " }[...])
    }

    @Test func `A compressed file is read, and its name without the extension counts`() throws {
      let folder = try ToolFolder()
      let gzip = try #require(
        Data(
          base64Encoded:
            "H4sIAAAAAAACA0vUSeIy1DHiAgB7B5cKCAAAAB+LCAAAAAAAAgMz1jm8hwsAfgUL8QUAAAA="))
      try gzip.write(to: folder.url.appendingPathComponent("K.csv.gz"))
      #expect(try folder.run("import", "a.db", "K.csv.gz", "--key", "a").code == 0)
      #expect(
        try stored(folder) == [
          "{\"key\":\"K/1\",\"properties\":{\"b\":\"2\"}}",
          "{\"key\":\"K/3\",\"properties\":{\"b\":\"ü\"}}",
        ])
      try gzip.dropLast(5).write(to: folder.url.appendingPathComponent("L.csv.gz"))
      let cut = try folder.run("import", "b.db", "L.csv.gz")
      #expect(cut.code == 2 && cut.errors.contains("ends too early") && !folder.exists("b.db"))
    }

    @Test func `Options of tables reach the parser`() throws {
      let folder = try ToolFolder()
      let outcome = try folder.run(
        "import", "a.db", "-", "--format", "csv", "--kind", "K", "--key", "column_1", "--skip", "1",
        "--no-header", "--comment", "#", "--quote", "'", "--ragged", "pad", "--delimiter", "pipe",
        input: "title\n1|'a|b'\n# no\n2\n")
      #expect(outcome.code == 0)
      #expect(
        try stored(folder) == [
          "{\"key\":\"K/1\",\"properties\":{\"column_2\":\"a|b\"}}",
          "{\"key\":\"K/2\",\"properties\":{\"column_2\":\"\"}}",
        ])
      #expect(outcome.errors.contains("line 4: this row has another number of fields"))
    }

    @Test func `A number on the command line that does not fit is refused`() throws {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "a.db", "K/1", "x=1").code == 0)
      for value in ["1e999", "12345678901234567890", "1e-999"] {
        #expect(try folder.run("put", "a.db", "K/1", "x=\(value)").code == 2)
        let query = try folder.run("query", "a.db", "SELECT * FROM K WHERE x = @1", value)
        #expect(query.code == 2 && query.errors.contains(value))
        #expect(try folder.run("query", "a.db", "SELECT * FROM K WHERE x = \(value)").code == 2)
      }
    }
  }
#endif

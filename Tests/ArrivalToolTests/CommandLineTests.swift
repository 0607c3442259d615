// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  @testable import ArrivalTool

  /// What the tool says about the words that it was given.
  struct CommandLineTests {
    @Test func `A mistyped command gets a suggestion and the usage of its parent`() throws {
      let folder = try ToolFolder()
      let outcome = try folder.run("improt", "a.db", "x.csv")
      #expect(outcome.code == 64 && outcome.output == "")
      #expect(outcome.errors.contains("there is no command \"improt\"; did you mean \"import\"?"))
      let nested = try folder.run("index", "lits", "a.db")
      #expect(nested.code == 64 && nested.errors.contains("did you mean \"list\"?"))
      #expect(nested.errors.contains("Usage: arrival index"))
      #expect(!(try folder.run("xyzzy").errors.contains("did you mean")))
      let help = try folder.run("help", "restor")
      #expect(help.code == 64 && help.errors.contains("did you mean \"restore\"?"))
      #expect(try folder.run("help", "restore").code == 0)
    }

    @Test func `A mistyped option gets a suggestion and the usage of its command`() throws {
      let folder = try ToolFolder()
      let outcome = try folder.run("import", "a.db", "x.csv", "--delimeter", ",")
      #expect(outcome.code == 64 && outcome.errors.contains("--delimiter"))
      #expect(outcome.errors.contains("Usage: arrival import"))
      try folder.write("a\n1\n", to: "x.csv")
      let value = try folder.run("import", "a.db", "x.csv", "--delimiter", "ab")
      #expect(value.code == 64 && value.errors.contains("Usage: arrival import"))
    }

    @Test(arguments: [
      ["export", "a.db", "--kind", "K", "--where", "a > 1", "--where", "a < 3"],
      ["import", "a.db", "x.csv", "--key", "a", "--key=b"],
      ["import", "a.db", "x.csv", "--skip", "1", "--skip", "2"],
      ["query", "a.db", "SELECT *", "--format", "csv", "--format", "json"],
    ])
    func `An option of one value that is given twice is refused`(_ arguments: [String]) throws {
      let outcome = try ToolFolder().run(list: arguments)
      #expect(outcome.code == 64 && outcome.errors.contains(" is given twice; "))
      #expect(outcome.errors.hasPrefix("arrival: --"))
    }

    @Test
    func `Every message begins with the name of the tool, and a wrong value gets a suggestion`()
      throws
    {
      let folder = try ToolFolder()
      let format = try folder.run("query", "a.db", "SELECT *", "--format", "tabel")
      #expect(format.code == 64 && format.errors.hasPrefix("arrival: "))
      #expect(format.errors.contains("Did you mean 'table'?"), "\(format.errors)")
      let minus = try folder.run("query", "a.db", "SELECT * FROM K WHERE a = @1", "-5")
      #expect(minus.code == 64 && minus.errors.contains("write -- before"), "\(minus.errors)")
      #expect(
        try folder.run("export", "a.db", "--format", "csv").errors.hasPrefix("arrival: a table"))
    }

    #if os(Linux)
      @Test(arguments: [
        ["import", "a.db", "x.csv"], ["import", "b.db", "x.csv", "--dry-run"],
        ["backup", "a.db", "c.db"], ["check", "a.db"], ["copy", "a.db", "d.db"],
        ["put", "a.db", "K/2"], ["set", "a.db", "K/1", "a=1"],
        ["index", "create", "a.db", "K", "a", "b"],
      ])
      func `Output that cannot be written is a failure of every command`(_ arguments: [String])
        throws
      {
        let folder = try ToolFolder()
        #expect(try folder.run("put", "a.db", "K/1", "a=1").code == 0)
        try folder.write("a,b\n1,2\n", to: "x.csv")
        let process = try folder.process(arguments)
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 4)
        #expect(try folder.text("stderr").contains("what the command did is done"))
      }
    #endif

    @Test func `The version is printed`() throws {
      let outcome = try ToolFolder().run("--version")
      #expect(outcome.code == 0 && outcome.lines == [ArrivalCommand.version])
    }

    @Test func `A kind without entities is named beside the kinds that there are`() throws {
      let folder = try ToolFolder()
      for key in ["Task/1", "Order/1"] { #expect(try folder.run("put", "a.db", key).code == 0) }
      for command in [
        ["export", "a.db", "--kind", "Tsk"], ["query", "a.db", "SELECT * FROM Tsk"],
      ] {
        let outcome = try folder.run(list: command)
        #expect(outcome.code == 0 && outcome.output == (command[0] == "query" ? "(0 rows)\n" : ""))
        #expect(
          outcome.errors == "arrival: no entities of kind Tsk; there are Task, Order\n")
      }
      let none = try folder.run("query", "a.db", "SELECT * FROM Task WHERE x = 1")
      #expect(
        none.errors == """
          arrival: no entity of kind Task has an indexed property "x"; there are none at all

          """)
    }

    @Test func `An export holds the entities that fulfil a condition`() throws {
      let folder = try ToolFolder()
      for number in 1...3 { _ = try folder.run("put", "a.db", "K/\(number)", "n=\(number)") }
      let outcome = try folder.run("export", "a.db", "--kind", "K", "--where", "n >= 2")
      #expect(outcome.lines.count == 2 && outcome.code == 0)
      let wrong = try folder.run("export", "a.db", "--kind", "K", "--where", "n >")
      #expect(wrong.code == 2)
      let all = try folder.run("export", "a.db", "--where", "n > 1")
      #expect(all.code == 64 && all.errors.contains("add --kind"))
    }

    @Test func `An argument that is not UTF-8 is refused`() throws {
      let folder = try ToolFolder()
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.currentDirectoryURL = folder.url
      shell.arguments = [
        "-c", "exec \"$0\" put a.db K/1 \"x=$(printf 'a\\344')\"",
        try ToolFolder.executable().path,
      ]
      let errors = Pipe()
      shell.standardError = errors
      try shell.run()
      let text = String(
        decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 2 && text.contains("argument 4 is not valid UTF-8"))
      #expect(!folder.exists("a.db"))
    }

    @Test func `The nearest name is suggested if it differs in few letters`() {
      let names = ["import", "export", "index", "vacuum"]
      #expect(Suggestion.nearest(to: "imoprt", in: names) == "import")
      #expect(Suggestion.nearest(to: "vac", in: names) == "vacuum")
      #expect(Suggestion.nearest(to: "EXPORTS", in: names) == "export")
      #expect(Suggestion.nearest(to: "get", in: names) == nil)
    }
  }
#endif

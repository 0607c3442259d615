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
      #expect(none.errors == "")
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

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Commands that only read, and what they leave as it is.
  struct ReadingTests {
    private static let commands = [
      ["get", "a.db", "A/1"], ["query", "a.db", "SELECT * FROM A"], ["export", "a.db"],
      ["stats", "a.db"], ["check", "a.db"], ["index", "list", "a.db"], ["backup", "a.db", "b.db"],
    ]

    private func contents(_ folder: ToolFolder) throws -> [String: Data] {
      var contents: [String: Data] = [:]
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      where name.hasPrefix("a.db") {
        contents[name] = try Data(contentsOf: folder.url.appendingPathComponent(name))
      }
      return contents
    }

    @Test(arguments: commands)
    func `Reading changes no byte of the file and writes nothing to its log`(command: [String])
      throws
    {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "a.db", "A/1", "x=1").code == 0)
      let before = try contents(folder)
      #expect(Set(before.keys) == ["a.db"])
      for _ in 0..<2 {
        #expect(try folder.run(list: command).code == 0)
        try? FileManager.default.removeItem(at: folder.url.appendingPathComponent("b.db"))
        let after = try contents(folder)
        #expect(after["a.db"] == before["a.db"])
        #expect(after["a.db-wal"]?.isEmpty != false)
      }
      #expect(try folder.run("put", "a.db", "A/2").code == 0)
      #expect(Set(try contents(folder).keys) == ["a.db"])
    }

    @Test(arguments: commands)
    func `An empty file is refused and stays empty`(command: [String]) throws {
      let folder = try ToolFolder()
      try folder.write("", to: "a.db")
      let outcome = try folder.run(list: command)
      #expect(outcome.code == 3 && outcome.output == "")
      #expect(
        outcome.errors.contains("\"a.db\" is an empty file") && outcome.errors.contains("import"))
      #expect(try contents(folder) == ["a.db": Data()])
      #expect(try folder.run("put", "a.db", "A/1").code == 0)
    }

    @Test(arguments: commands)
    func `A file of an older version is refused and not migrated by a read`(command: [String])
      throws
    {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "a.db", "A/1", "x=1").code == 0)
      let url = folder.url.appendingPathComponent("a.db")
      var bytes = try Data(contentsOf: url)
      // The version is SQLite's user_version, four bytes of the header.
      bytes[63] -= 1
      try bytes.write(to: url)
      let before = try contents(folder)
      let outcome = try folder.run(list: command)
      #expect(outcome.code == 3 && outcome.output == "")
      #expect(outcome.errors.contains("version"))
      #expect(try contents(folder) == before)
    }

    @Test
    func `A file is readable while a program has it open and after that program was killed`()
      throws
    {
      let folder = try ToolFolder()
      let writer = try folder.process(["import", "a.db", "-", "--format", "jsonl"])
      let input = Pipe()
      writer.standardInput = input
      writer.standardOutput = Pipe()
      writer.standardError = Pipe()
      try writer.run()
      let rows = (1...1_996).map { "{\"key\":\"K/\($0)\",\"properties\":{\"a\":1}}\n" }
      try input.fileHandleForWriting.write(contentsOf: Data(rows.joined().utf8))
      // Four chunks are stored, and the writer waits for a fifth.
      while try folder.run("export", "a.db").lines.count < 1_996 {}
      #expect(folder.exists("a.db-wal"))
      kill(writer.processIdentifier, SIGKILL)
      writer.waitUntilExit()
      let before = try contents(folder)
      #expect(before["a.db-wal"]?.isEmpty == false)
      for _ in 0..<2 {
        #expect(try folder.run("export", "a.db").lines.count == 1_996)
        for name in ["a.db", "a.db-wal"] { #expect(try contents(folder)[name] == before[name]) }
      }
      #expect(try folder.run("put", "a.db", "A/1").code == 0)
      #expect(!folder.exists("a.db-wal"))
    }
  }
#endif

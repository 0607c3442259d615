// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// copy and diff, as a process.
  struct CopyTests {
    private let folder: ToolFolder

    init() throws {
      folder = try ToolFolder()
      let lines = """
        {"key":"K/1","properties":{"a":"x","b":-0.0},"unindexed":["a"]}
        {"key":"K/name/C/5","properties":{}}
        {"key":"L/4503599627370497","properties":{"e":{"entity":{"properties":{"n":null}}}}}
        {"key":"other:K/2","properties":{"t":{"timestamp":"2026-11-25T04:00:00Z"}}}

        """
      #expect(try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines).code == 0)
    }

    private func export(_ database: String) throws -> String {
      try folder.run("export", database, "--all-namespaces").output
    }

    @Test func `A copy has all entities of all namespaces, and diff finds no difference`() throws {
      let copy = try folder.run("copy", "a.db", "b.db")
      #expect(copy.code == 0 && copy.output == "4 entities copied from a.db to b.db\n")
      #expect(try export("b.db") == export("a.db"))
      let diff = try folder.run("diff", "a.db", "b.db")
      #expect(
        diff.code == 0 && diff.output == "" && diff.errors.contains("4 entities are the same"))
    }

    @Test func `A part of a datastore is copied`() throws {
      #expect(try folder.run("copy", "a.db", "b.db", "--kind", "L", "--kind", "C").code == 0)
      #expect(
        try folder.run("query", "b.db", "SELECT __key__", "--format", "csv").output
          == "__key__\nK/name/C/5\nL/4503599627370497\n")
      #expect(
        try folder.run("copy", "a.db", "c.db", "--namespace", "other").output.hasPrefix("1 entity ")
      )
      let missing = try folder.run("copy", "a.db", "c.db", "--kind", "Ll")
      #expect(missing.code == 0 && missing.errors.contains("no entities of kind Ll; there are"))
    }

    @Test func `Kinds and properties that differ only in their Unicode form are different`() throws
    {
      let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
      for name in [composed, decomposed] {
        #expect(try folder.run("put", "a.db", "\"\(name)\"/1", "\(name)=1").code == 0)
      }
      let copy = try folder.run("copy", "a.db", "b.db", "--kind", composed, "--kind", decomposed)
      #expect(copy.output.hasPrefix("2 entities copied"))
      #expect(
        try folder.run("put", "b.db", "\"\(composed)\"/1", "\(decomposed)=1").code == 0)
      let diff = try folder.run("diff", "a.db", "b.db", "--kind", composed)
      #expect(diff.code == 1 && diff.lines.count == 2)
      #expect(try folder.run("kinds", "b.db").lines.count == 4)
      let missing = try folder.run("export", "b.db", "--kind", "cafe")
      #expect(missing.errors.contains("no entities of kind cafe; there are"))
    }

    @Test func `Differences are listed with their keys and properties`() throws {
      #expect(try folder.run("copy", "a.db", "b.db").code == 0)
      let lines = """
        {"key":"K/1","properties":{"a":"x","b":0.0}}
        {"key":"K/3","properties":{}}

        """
      #expect(try folder.run("import", "b.db", "-", "--format", "jsonl", input: lines).code == 0)
      #expect(try folder.run("delete", "b.db", "K/name/C/5").code == 0)
      let diff = try folder.run("diff", "a.db", "b.db")
      #expect(diff.code == 1)
      #expect(
        diff.output == """
          ~ K/1 a: unindexed → indexed
          ~ K/1 b: -0.0 → 0.0
          + K/3
          - K/name/C/5

          """)
      #expect(
        diff.errors == """
          arrival: 1 only in a.db, 1 only in b.db, 1 changed; 2 entities are the same

          """)
    }

    @Test func `Existing entities are replaced, or left alone and reported`() throws {
      #expect(try folder.run("put", "b.db", "K/1", "a=old").code == 0)
      let inserted = try folder.run("copy", "a.db", "b.db", "--insert")
      #expect(inserted.code == 1 && inserted.output.hasPrefix("3 entities copied"))
      #expect(inserted.errors.contains("K/1 exists; it was left alone"))
      #expect(try folder.run("get", "b.db", "K/1").output.contains("old"))
      #expect(try folder.run("copy", "a.db", "b.db").output.hasPrefix("4 entities copied"))
      #expect(try export("b.db") == export("a.db"))
    }

    @Test func `A datastore is not copied into itself`() throws {
      for name in ["a.db", "./a.db", "sqlite:a.db", folder.url.path + "/a.db"] {
        let outcome = try folder.run("copy", "a.db", name)
        #expect(outcome.code == 2 && outcome.errors.contains("the same datastore"))
      }
      try FileManager.default.linkItem(
        at: folder.url.appendingPathComponent("a.db"), to: folder.url.appendingPathComponent("l.db")
      )
      #expect(try folder.run("copy", "a.db", "l.db").errors.contains("the same datastore"))
      #expect(try folder.run("copy", "none.db", "b.db").code == 3)
      #expect(!folder.exists("b.db"))
    }

    @Test func `An interrupted copy is continued where it stopped, and only then`() throws {
      let large = String(repeating: "x", count: 60_000)
      let lines = (1...400).map {
        "{\"key\":\"M/\($0)\",\"properties\":{\"v\":\"\(large)\"},\"unindexed\":[\"v\"]}\n"
      }
      #expect(
        try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines.joined()).code == 0)
      // In a file that exists, transactions are small.
      #expect(try folder.run("put", "b.db", "K/1").code == 0)
      let process = try folder.process(["copy", "a.db", "b.db"])
      try process.run()
      while try folder.run("get", "b.db", "M/1").code != 0 {}
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit { return }
      let other = try folder.run("copy", "a.db", "b.db", "--resume", "--insert")
      #expect(other.code == 2 && other.errors.contains("with others (no options) stopped"))
      // What was copied is not read again.
      #expect(try folder.run("delete", "b.db", "M/1").code == 0)
      let resumed = try folder.run("copy", "a.db", "b.db", "--resume")
      #expect(
        resumed.code == 0 && resumed.output.hasPrefix("404 entities copied from a.db to b.db, "))
      #expect(try folder.run("diff", "a.db", "b.db").output == "- M/1\n")
      #expect(
        try folder.run("export", "b.db", "--namespace", "arrival.import").output == "")
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  /// stats, check, backup and vacuum, as a process.
  struct MaintenanceCommandsTests {
    private func filled() throws -> ToolFolder {
      let folder = try ToolFolder()
      let lines =
        "{\"key\":\"A/1\",\"properties\":{\"x\":1}}\n{\"key\":\"A/2\",\"properties\":{}}\n"
        + "{\"key\":\"n:B/1\",\"properties\":{\"x\":[1,2]}}\n"
      #expect(try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines).code == 0)
      return folder
    }

    @Test func `The stats command counts kinds, entities and index entries`() throws {
      let folder = try filled()
      let table = try folder.run("stats", "a.db")
      #expect(table.code == 0)
      #expect(table.lines.count == 5 && table.lines[4].hasPrefix("3 entities in 2 kinds"))
      let json = try folder.run("stats", "a.db", "--format", "json").output
      #expect(json.contains("{\"database\":\"\",\"namespace\":\"\",\"kind\":\"A\",\"entities\":2,"))
      #expect(
        json.contains("\"kind\":\"B\",\"entities\":1,") && json.contains("\"indexEntries\":3}"))
    }

    @Test
    func `Index commands create, list and drop indexes, and list prints the arguments of create`()
      throws
    {
      let folder = try filled()
      let none = try folder.run("index", "list", "a.db")
      #expect(
        none.code == 0 && none.output == ""
          && none.errors.contains("there are no composite indexes"))
      let made = try folder.run("index", "create", "a.db", "A", "x", "y:desc", "--ancestor")
      #expect(
        made.code == 0 && made.output == "A(ancestor, x, y desc) is ready\n", "\(made.errors)")
      #expect(
        try folder.run("index", "create", "a.db", "B", "x:asc", "\u{E9}:desc:desc").code == 0)
      let list = try folder.run("index", "list", "a.db")
      #expect(
        list.lines.dropFirst(2).map { $0.split(separator: " ").joined(separator: " ") }
          == ["A x y:desc --ancestor ready", "B x \u{E9}:desc:desc ready"])
      let json = try folder.run("index", "list", "a.db", "--format", "json")
      #expect(
        json.lines.first
          == "{\"kind\":\"A\",\"properties\":[{\"name\":\"x\",\"direction\":\"asc\"},"
          + "{\"name\":\"y\",\"direction\":\"desc\"}],\"ancestor\":true,\"ready\":true}")
      let other = try folder.run("index", "drop", "a.db", "A", "x", "y:desc")
      #expect(other.code == 1 && other.errors.contains("there is no index A(x, y desc)"))
      let dropped = try folder.run("index", "drop", "a.db", "A", "x", "y:desc", "--ancestor")
      #expect(dropped.code == 0 && dropped.output == "A(ancestor, x, y desc) is dropped\n")
      #expect(try folder.run("index", "list", "a.db").lines.count == 3)
      let bad = try folder.run("index", "create", "a.db", "A", "x")
      #expect(bad.code == 2 && bad.errors.contains("too few properties"))
      #expect(try folder.run("check", "a.db").code == 0)
    }

    @Test func `The check command reports damage with exit code 1`() throws {
      let folder = try filled()
      let whole = try folder.run("check", "a.db")
      #expect(whole.code == 0 && whole.output == "3 entities and 6 index entries are in order\n")
      let url = folder.url.appendingPathComponent("a.db")
      var bytes = try Data(contentsOf: url)
      // The header stays, and with it the schema; all that is stored goes.
      for index in 4_096..<bytes.count { bytes[index] = 0xFF }
      try bytes.write(to: url)
      let damaged = try folder.run("check", "a.db")
      #expect(damaged.code == 1 || damaged.code == 3)
      #expect(damaged.output == "" && damaged.errors.contains("damaged"))
    }

    @Test func `The backup command writes a new database and overwrites nothing`() throws {
      let folder = try filled()
      #expect(try folder.run("backup", "a.db", "b.db").code == 0)
      #expect(try folder.run("export", "b.db").output == folder.run("export", "a.db").output)
      let again = try folder.run("backup", "a.db", "b.db")
      #expect(again.code == 3 && again.errors.contains("b.db"))
      #expect(try folder.run("backup", "a.db", "none/b.db").code == 3)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      #expect(!names.contains { $0.contains(".part-") })
    }

    @Test func `The restore command replaces the contents, or changes nothing`() throws {
      let folder = try filled()
      #expect(try folder.run("backup", "a.db", "b.db").code == 0)
      let before = try folder.run("export", "a.db").output
      #expect(try folder.run("put", "a.db", "Extra/1", "n=1").code == 0)
      let missing = try folder.run("restore", "a.db", "none.db")
      #expect(missing.code == 3 && missing.errors.contains("none.db"))
      let restored = try folder.run("restore", "a.db", "b.db")
      #expect(restored.code == 0 && restored.output == "restored a.db from b.db\n")
      #expect(try folder.run("export", "a.db").output == before)
      // The restored file is in use as any other.
      #expect(try folder.run("put", "a.db", "Extra/2", "n=2").code == 0)
      #expect(try folder.run("get", "a.db", "Extra/2").code == 0)
      #expect(try folder.run("check", "a.db").code == 0)
      let cloud = try folder.run("restore", "datastore:p", "b.db")
      #expect(cloud.code == 3 && cloud.errors.contains("database files only"))
    }

    @Test func `A damaged database is backed up with exit code 1`() throws {
      let folder = try ToolFolder()
      let lines = (1...2_000).map { "{\"key\":\"A/\($0)\",\"properties\":{\"x\":\($0)}}\n" }
      _ = try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines.joined())
      let url = folder.url.appendingPathComponent("a.db")
      var bytes = try Data(contentsOf: url)
      // The last page, which holds entities or entries.
      for index in bytes.count - 4_000..<bytes.count - 3_000 { bytes[index] = 0xFF }
      try bytes.write(to: url)
      let backup = try folder.run("backup", "a.db", "b.db")
      #expect(backup.code != 0 && backup.errors.contains("damaged"), "\(backup.errors)")
      if backup.code == 1 {
        #expect(folder.exists("b.db"))
        let restored = try folder.run("restore", "c.db", "b.db")
        #expect(restored.code == 3 && restored.errors.split(separator: "\n").count == 1)
      }
    }

    @Test func `Backups and restores name what cannot be their file`() throws {
      let folder = try filled()
      let itself = try folder.run("restore", "a.db", "./a.db")
      #expect(itself.code == 2 && itself.errors.contains("are the same file"))
      let inside = try folder.run("backup", "a.db", ".")
      #expect(inside.code == 3 && inside.errors.contains("is a folder"))
    }

    @Test func `An index on a property that no entity has is noted, and a mistyped order refused`()
      throws
    {
      let folder = try filled()
      let unknown = try folder.run("index", "create", "a.db", "A", "x", "nosuch")
      #expect(unknown.code == 0)
      #expect(
        unknown.errors
          == "arrival: no entity of kind A has an indexed property \"nosuch\" yet; there are x\n")
      let typo = try folder.run("index", "create", "a.db", "A", "x", "y:dsc")
      #expect(typo.code == 64 && typo.errors.contains("did you mean y:desc?"))
    }

    @Test func `No message speaks of the library's configuration`() throws {
      let folder = try ToolFolder()
      try folder.write(String(repeating: "no database ", count: 100), to: "text.db")
      for command in [
        ["get", "text.db", "A/1"], ["put", "text.db", "A/1"], ["restore", "b.db", "c.db"],
      ] {
        let errors = try folder.run(list: command).errors
        #expect(errors != "" && !errors.contains("library") && !errors.contains("isReadOnly"))
      }
    }

    @Test func `The vacuum command prints the size before and after`() throws {
      let folder = try filled()
      let vacuum = try folder.run("vacuum", "a.db")
      #expect(vacuum.code == 0 && vacuum.output.hasSuffix(" after\n"))
      #expect(try folder.run("check", "a.db").code == 0)
    }
  }
#endif

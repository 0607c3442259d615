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
      #expect(json.contains("{\"namespace\":\"\",\"kind\":\"A\",\"entities\":2,"))
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
      let cloud = try folder.run("restore", "datastore:p", "b.db")
      #expect(cloud.code == 3 && cloud.errors.contains("database files only"))
    }

    @Test func `The vacuum command prints the size before and after`() throws {
      let folder = try filled()
      let vacuum = try folder.run("vacuum", "a.db")
      #expect(vacuum.code == 0 && vacuum.output.hasSuffix(" after\n"))
      #expect(try folder.run("check", "a.db").code == 0)
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  /// The address of a database on the command line.
  struct AddressTests {
    @Test func `A file is opened by its path or by its address`() throws {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "sqlite:a.db", "User/7", "name=Ann").code == 0)
      #expect(folder.exists("a.db"))
      #expect(try folder.run("get", "a.db", "User/7").code == 0)
      #expect(try folder.run("stats", "sqlite:a.db").output.contains("1 entity in 1 kind"))
      let missing = try folder.run("get", "sqlite:b.db", "User/7")
      #expect(missing.code == 3)
      #expect(missing.errors.contains("there is no database \"b.db\""))
    }

    @Test func `A named database of a file is written, read, copied and counted by itself`() throws
    {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "a.db", "User/7", "name=Ann").code == 0)
      let orders = "a.db?database=orders"
      #expect(try folder.run("put", orders, "Order/1", "n=1").code == 0)
      let lines = "{\"key\":\"Order/2\",\"properties\":{\"n\":2}}\n"
      let imported = try folder.run("import", orders, "-", "--format", "jsonl", input: lines)
      #expect(imported.code == 0, "\(imported.errors)")
      #expect(try folder.run("export", orders).lines.count == 2)
      let all = try folder.run("export", "a.db")
      #expect(all.lines.count == 1 && all.errors.contains("left out: orders"))
      let kinds = try folder.run("kinds", orders)
      #expect(kinds.output.contains("Order") && !kinds.output.contains("User"))
      #expect(
        kinds.errors.contains("left out: the default one; for one of them, write sqlite:a.db"))
      let copied = try folder.run("copy", orders, "b.db")
      #expect(copied.code == 0 && copied.output.hasPrefix("2 entities copied"))
      #expect(try folder.run("copy", orders, "a.db?database=copy").code == 0)
      #expect(try folder.run("diff", orders, "a.db?database=copy").code == 0)
      let stats = try folder.run("stats", "a.db")
      #expect(stats.output.contains("database") && stats.output.contains("orders"))
      #expect(!stats.output.contains("\u{1}"))
      #expect(try folder.run("query", orders, "SELECT * FROM User").lines.count < 3)
      let wrong = try folder.run("kinds", "a.db?database=order")
      #expect(wrong.code == 3 && wrong.errors.contains("it has copy, orders"))
      for command in ["check", "stats", "vacuum"] {
        let refused = try folder.run(command, orders)
        #expect(refused.code == 3 && refused.errors.contains("whole files"))
      }
      #expect(try folder.run("check", "a.db").code == 0)
    }

    @Test func `A text that is not an address is refused with the valid forms and creates no file`()
      throws
    {
      let folder = try ToolFolder()
      for address in ["postgres:shop", "sqlite:", "datastore:a/b/c"] {
        let outcome = try folder.run("put", address, "User/7")
        #expect(outcome.code == 2)
        #expect(outcome.errors.contains("\"\(address)\" is not the address of a datastore"))
        #expect(outcome.errors.contains("datastore:PROJECT/DATABASE"))
        #expect(!folder.exists(address))
      }
    }

    #if !Cloud
      @Test
      func `Without the trait, the address of a project is refused with the name of the trait`()
        throws
      {
        let outcome = try ToolFolder().run("get", "datastore:p", "User/7")
        #expect(outcome.code == 3 && outcome.errors.contains("--traits SQLite,Cloud"))
      }
    #endif
  }
#endif

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

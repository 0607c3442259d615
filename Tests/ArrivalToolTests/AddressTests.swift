#if SQLite
  import Testing

  /// What stands for the database on the command line.
  struct AddressTests {
    @Test("A file may be given by its path or by its address")
    func files() throws {
      let folder = try ToolFolder()
      #expect(try folder.run("put", "sqlite:a.db", "User/7", "name=Ann").code == 0)
      #expect(folder.exists("a.db"))
      #expect(try folder.run("get", "a.db", "User/7").code == 0)
      #expect(try folder.run("stats", "sqlite:a.db").output.contains("1 entity in 1 kind"))
      let missing = try folder.run("get", "sqlite:b.db", "User/7")
      #expect(missing.code == 3)
      #expect(missing.errors.contains("there is no database \"b.db\""))
    }

    @Test("What is no address is refused with the forms there are, and makes no file")
    func wrongAddresses() throws {
      let folder = try ToolFolder()
      for address in ["postgres:shop", "sqlite:", "datastore:a/b/c"] {
        let outcome = try folder.run("put", address, "User/7")
        #expect(outcome.code == 2)
        #expect(outcome.errors.contains("\"\(address)\" is no address of a datastore"))
        #expect(outcome.errors.contains("datastore:PROJECT/DATABASE"))
        #expect(!folder.exists(address))
      }
    }

    #if !Cloud
      @Test("Without the trait, a project's address is refused with how to get it")
      func withoutCloud() throws {
        let outcome = try ToolFolder().run("get", "datastore:p", "User/7")
        #expect(outcome.code == 3 && outcome.errors.contains("--traits Cloud"))
      }
    #endif
  }
#endif

#if !SQLite
  import Testing

  /// The tool of a build without the trait that brings the database.
  struct WithoutTraitTests {
    @Test("Without the trait each command fails, and says on standard error how to get it")
    func commands() throws {
      let folder = try ToolFolder()
      for arguments in [[], ["--help"], ["export", "a.db"]] {
        let outcome = try folder.run(list: arguments)
        #expect(outcome.code == 3 && outcome.output == "")
        #expect(outcome.errors.contains("--traits SQLite"))
      }
    }
  }
#endif

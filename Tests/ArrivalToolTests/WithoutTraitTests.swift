// SPDX-License-Identifier: Apache-2.0
#if !SQLite
  import Testing

  /// The tool of a build without the trait that brings the database.
  struct WithoutTraitTests {
    @Test func `Without the trait, every command fails and names the trait on standard error`()
      throws
    {
      let folder = try ToolFolder()
      for arguments in [[], ["--help"], ["export", "a.db"]] {
        let outcome = try folder.run(list: arguments)
        #expect(outcome.code == 3 && outcome.output == "")
        #expect(outcome.errors.contains("--traits SQLite"))
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  /// kinds, as a process.
  struct KindsCommandTests {
    @Test func `Kinds are listed with their properties, types and missing indexes`() throws {
      let folder = try ToolFolder()
      let lines = """
        {"key":"A/1","properties":{"x":1,"y":"a"},"unindexed":["y"]}
        {"key":"A/2","properties":{"x":2.5}}
        {"key":"A/3","properties":{"x":3}}
        {"key":"B/1","properties":{}}

        """
      _ = try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines)
      let table = try folder.run("kinds", "a.db")
      #expect(
        table.output == """
          kind  property  values               unindexed
          ----  --------  -------------------  ---------
          A     x         2 integer, 1 double
          A     y         1 string                     1
          B

          """)
      let json = try folder.run("kinds", "a.db", "--kind", "A", "--format", "json")
      #expect(
        json.output == """
          {"namespace":"","kind":"A","entities":3,"properties":[{"name":"x","types":{"double":1,\
          "integer":2},"unindexed":0},{"name":"y","types":{"string":1},"unindexed":1}]}

          """)
      let missing = try folder.run("kinds", "a.db", "--kind", "C")
      #expect(missing.code == 0 && missing.errors.contains("no entities of kind C; there are A, B"))
    }
  }
#endif

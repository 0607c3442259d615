// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  /// get, put, delete and query, as a process.
  struct EntityCommandsTests {
    @Test func `An entity is put, got, queried and deleted`() throws {
      let folder = try ToolFolder()
      let put = try folder.run(
        "put", "a.db", "User/7", "name=Ann", "age=41", "tags=[\"x\", 2.5, null]",
        "boss={\"key\": \"User/8\"}", "bio=long", "--unindexed", "bio")
      #expect(put.code == 0 && put.output == "User/7\n" && put.errors == "")
      let get = try folder.run("get", "a.db", "User/7")
      #expect(
        get.output == """
          {"key":"User/7","properties":{"age":41,"bio":"long","boss":{"key":"User/8"},\
          "name":"Ann","tags":["x",2.5,null]},"unindexed":["bio"]}

          """)
      let table = try folder.run("query", "a.db", "SELECT age, name FROM User WHERE age > @1", "40")
      #expect(
        table.lines == ["age  name", "---  ----", " 41  Ann"])
      let named = try folder.run(
        "query", "a.db", "SELECT COUNT(*) AS n, SUM(age) AS years FROM User WHERE name = @who",
        "--bind", "who=Ann", "--format", "jsonl")
      #expect(named.output == "{\"n\":1,\"years\":41}\n")
      #expect(try folder.run("delete", "a.db", "User/7").code == 0)
      let gone = try folder.run("get", "a.db", "User/7")
      #expect(gone.code == 1 && gone.output == "")
      #expect(gone.errors == "arrival: there is no entity User/7\n")
    }

    @Test func `Some properties are set and the others stay`() throws {
      let folder = try ToolFolder()
      #expect(
        try folder.run("put", "a.db", "K/1", "a=1", "b=x", "c=z", "--unindexed", "b").code == 0)
      let outcome = try folder.run(
        "set", "a.db", "K/1", "a=2.5", "b=y", "d=true", "--remove", "c", "--unindexed", "d")
      #expect(outcome.code == 0 && outcome.output == "K/1\n")
      #expect(
        try folder.run("get", "a.db", "K/1").output == """
          {"key":"K/1","properties":{"a":2.5,"b":"y","d":true},"unindexed":["b","d"]}

          """)
      let missing = try folder.run("set", "a.db", "K/2", "a=1")
      #expect(
        missing.code == 1 && missing.errors.contains("there is no entity K/2; put writes one"))
      let typo = try folder.run("set", "a.db", "K/1", "--remove", "aa")
      #expect(typo.code == 1 && typo.errors.contains("did you mean \"a\"?"))
      #expect(try folder.run("set", "a.db", "K/1").code == 64)
      #expect(try folder.run("set", "a.db", "K/1", "a=1", "--remove", "a").code == 64)
      #expect(try folder.run("set", "none.db", "K/1", "a=1").code == 3)
      #expect(!folder.exists("none.db"))
    }

    @Test
    func `A property that is given twice is refused, and a text that looks like JSON is noted`()
      throws
    {
      let folder = try ToolFolder()
      let twice = try folder.run("put", "a.db", "K/1", "a=1", "a=2")
      #expect(twice.code == 2 && twice.errors.contains("\"a\" is given twice"))
      let bytes = try folder.run("put", "a.db", "K/1", "p={\"bytes\":\"a+/=\"}")
      #expect(bytes.code == 2 && bytes.errors.contains("property \"p\""))
      #expect(!folder.exists("a.db"))
      let text = try folder.run("put", "a.db", "K/1", "p=[1,")
      #expect(text.code == 0 && text.errors.contains("\"[1,\" is taken as a string"))
    }

    @Test func `Keys are deleted that a query prints`() throws {
      let folder = try ToolFolder()
      let lines = (1...5).map { "{\"key\":\"K/\($0)\",\"properties\":{\"n\":\($0)}}\n" }
      _ = try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines.joined())
      let found = try folder.run(
        "query", "a.db", "SELECT __key__ FROM K WHERE n < 3", "--format", "jsonl")
      #expect(try folder.run("delete", "a.db", "-", input: found.output).code == 0)
      #expect(try folder.run("delete", "a.db", "-", input: "K/3\r\n\nK/4").code == 0)
      #expect(try folder.run("export", "a.db").output == lines[4])
      let wrong = try folder.run("delete", "a.db", "-", input: "K/5\n__key__\n")
      #expect(wrong.code == 2 && wrong.errors.contains("standard input: line 2: "))
      #expect(try folder.run("export", "a.db").output == lines[4])
    }

    @Test
    func `All pages of a table share its header, and no value is lost`()
      throws
    {
      let folder = try ToolFolder()
      let lines = (1...1_002).map { number in
        let name = number == 1_001 ? "a longer name" : "n"
        let properties = "{\"age\":\(number % 10),\"name\":\"\(name)\"}"
        return "{\"key\":\"K/\(number)\",\"properties\":\(properties)}\n"
      }
      _ = try folder.run("import", "a.db", "-", "--format", "jsonl", input: lines.joined())
      let table = try folder.run("query", "a.db", "SELECT * FROM K").lines
      #expect(table.count == 1_004)
      #expect(table[0...2] == ["__key__  age  name", "-------  ---  ----", "K/1        1  n"])
      // The first page ends with K/500, the second one with K/1000.
      #expect(table[502] == "K/501      1  n" && table[1_001] == "K/1000     0  n")
      #expect(table[1_002...] == ["K/1001     1  a longer name", "K/1002     2  n"])
    }

    @Test func `A new ID is printed as a key that get accepts`() throws {
      let folder = try ToolFolder()
      let key = try #require(
        folder.run("put", "a.db", "archive:Group/\"1 2\"/User/?", "a=1").lines.first)
      #expect(key.hasPrefix("archive:Group/\"1 2\"/User/"))
      #expect(try folder.run("get", "a.db", key).code == 0)
      let query = try folder.run("query", "a.db", "SELECT * FROM User", "--namespace", "archive")
      #expect(query.output.contains(key))
    }

    @Test func `A wrong query or key is reported with its position, a suggestion and exit code 2`()
      throws
    {
      let folder = try ToolFolder()
      _ = try folder.run("put", "a.db", "User/7")
      let query = try folder.run("query", "a.db", "SELECT * FORM User")
      #expect(query.code == 2 && query.output == "")
      #expect(
        query.errors == """
          arrival: line 1, column 10: expected FROM, WHERE, ORDER BY, LIMIT, OFFSET or the end, \
          and found "FORM"; did you mean FROM?
            SELECT * FORM User
                     ^~~~

          """)
      let key = try folder.run("get", "a.db", "User")
      #expect(
        key.code == 2 && key.errors.contains("line 1, column 5") && key.errors.contains("User/7"))
      let rule = try folder.run("query", "a.db", "SELECT a FROM User WHERE a = 1")
      #expect(rule.code == 2 && rule.errors.contains("property \"a\""))
      let value = try folder.run("put", "a.db", "User/7", "a={\"x\": 1}")
      #expect(value.code == 2 && value.errors.contains("timestamp"))
    }

    @Test func `Reading creates no database and leaves other files unchanged`() throws {
      let folder = try ToolFolder()
      for command in ["export", "stats", "check", "vacuum"] {
        #expect(try folder.run(command, "none.db").code == 3)
      }
      #expect(try folder.run("query", "none.db", "SELECT *").code == 3)
      #expect(!folder.exists("none.db"))
      try folder.write("not a database, but long enough to be looked at. ", to: "text.db")
      let text = try folder.run("get", "text.db", "A/1")
      #expect(text.code == 3 && text.errors.contains("text.db"))
    }

    @Test func `Wrong arguments have exit code 64; help and completion scripts have 0`() throws {
      let folder = try ToolFolder()
      #expect(try folder.run("frobnicate").code == 64)
      #expect(try folder.run("get", "a.db").code == 64)
      #expect(try folder.run("query", "a.db", "SELECT *", "--format", "xml").code == 64)
      #expect(try folder.run("export", "a.db", "--format", "csv").code == 64)
      let help = try folder.run("--help")
      #expect(help.code == 0 && help.output.contains("Exit codes"))
      for shell in ["bash", "zsh", "fish"] {
        let script = try folder.run("--generate-completion-script", shell)
        #expect(script.code == 0 && script.output.contains("export"))
      }
    }
  }
#endif

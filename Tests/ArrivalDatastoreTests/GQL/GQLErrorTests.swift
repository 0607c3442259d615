// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ArrivalDatastore

/// Errors say where, what was expected, and what was probably meant.
struct GQLErrorTests {
  private func error(
    _ text: String, _ bindings: [GQLQuery.Binding] = [], named: [String: GQLQuery.Binding] = [:]
  ) throws -> TextError {
    try #require(throws: TextError.self) {
      try GQLQuery(text, bindings: bindings, named: named)
    }
  }

  @Test func `The position is shown below the line, with a suggestion for a misspelt keyword`()
    throws
  {
    let description = try "\(error("SELECT *\n FROM Task ODER BY due"))"
    #expect(
      description == """
        line 2, column 12: expected WHERE, ORDER BY, LIMIT, OFFSET or the end, and found "ODER"; \
        did you mean ORDER?
           FROM Task ODER BY due
                     ^~~~
        """)
  }

  @Test(arguments: [
    ("SELCT * FROM K", 1, "SELECT"), ("SELECT * FORM K", 10, "FROM"),
    ("SELECT * FROM K WHER a = 1", 17, "WHERE"),
    ("SELECT * FROM K WHERE a = 1 ADN b = 2", 29, "AND"),
    ("SELECT * FROM K ORDER BY a DSC", 28, "DESC"), ("SELECT * FROM K LIMT 5", 17, "LIMIT"),
    ("SELECT * FROM K LIMIT 5 OFSET 7", 25, "OFFSET"),
    ("SELECT * FROM K WHERE a = tru", 27, "TRUE"),
    ("SELECT * FROM K WHERE a == 1", 25, "="), ("SELECT * FROM K WHERE a <> 1", 25, "!="),
    ("SELECT * FROM K WHERE __key__ HAS ANCESTER KEY(K, 1)", 35, "ANCESTOR"),
    ("SELECT * FROM K WHERE a IN ('x')", 28, "ARRAY("), ("AGREGATE COUNT(*)", 1, "AGGREGATE"),
    ("SELECT * FROM K WHERE a = Ann", 27, "'Ann'"), ("SELECT * FROM 'K'", 15, "`K`"),
    (#"SELECT * FROM 'a`b\\c'"#, 15, #"`a``b\\c`"#),
  ])
  func `A misspelt keyword is refused with a suggestion`(
    _ text: String, _ column: Int, _ suggestion: String
  ) throws {
    let error = try error(text)
    #expect(error.column == column)
    #expect(error.suggestion == suggestion)
  }

  @Test(arguments: [
    ("", 1), ("SELECT", 7), ("SELECT * FROM", 14), ("SELECT * FROM K WHERE", 22),
    ("SELECT * FROM Order", 15), ("SELECT * FROM K K", 17), ("SELECT a, FROM K", 11),
    ("SELECT * FROM K WHERE a", 24), ("SELECT * FROM K WHERE (a = 1", 29),
    ("SELECT * FROM K WHERE a = 'x", 27), ("SELECT * FROM K WHERE a = 'x\ny'", 27),
    (#"SELECT * FROM K WHERE a = 'x\q'"#, 29),
    ("SELECT * FROM K WHERE a = 99999999999999999999", 27),
    ("SELECT * FROM K WHERE a = 1e999", 27), ("SELECT * FROM K WHERE a IN 5", 28),
    ("SELECT * FROM K WHERE a = ARRAY(ARRAY(1))", 33), ("SELECT * FROM K WHERE 1 NOT IN a", 25),
    ("SELECT * FROM K WHERE NULL IS a", 28),
    ("SELECT * FROM K WHERE a HAS ANCESTOR KEY(K, 1)", 23),
    ("SELECT * WHERE __key__ HAS ANCESTOR 5", 37), ("SELECT * WHERE __key__ = KEY(K, 0)", 33),
    ("SELECT * WHERE __key__ = KEY(K, '')", 33), ("SELECT * WHERE __key__ = KEY(K)", 31),
    ("SELECT * FROM K LIMIT -1", 23), ("SELECT * FROM K LIMIT FIRST(1, 2)", 32),
    ("SELECT * FROM K OFFSET 1 LIMIT 1", 26), ("SELECT COUNT(*) FROM K LIMIT 5", 24),
    ("AGGREGATE COUNT(*) OVER (SELECT * FROM K) x", 43),
    ("SELECT COUNT(*) AS a, SUM(b) AS a", 23),
    ("SELECT COUNT(a) FROM K", 14), ("SELECT * FROM ``", 15), ("SELECT * FROM 9a", 15),
    ("SELECT * FROM K;", 16), ("SELECT * FROM K WHERE a = BLOB('?')", 32),
    ("SELECT * FROM K WHERE a = DATETIME('now')", 36), ("SELECT * WHERE a = @", 20),
    ("SELECT * WHERE a = @0", 20), ("UPDATE K", 1),
  ])
  func `Invalid GQL is refused with its position`(_ text: String, _ column: Int) throws {
    let error = try error(text)
    #expect(error.line == 1)
    #expect(error.column == column, "\(error)")
  }

  @Test func `A plus sign belongs to the number right after it`() throws {
    let cursor = GQLQuery.Binding.cursor(QueryCursor(bytes: [1]))
    let error = try error("SELECT * OFFSET @1 +17", [cursor])
    #expect(error.column == 20 && error.message.contains("space"))
  }

  @Test func `Bindings that are missing, unused or of the wrong type are refused`() throws {
    let cursor = GQLQuery.Binding.cursor(QueryCursor(bytes: [1]))
    #expect(
      try error("SELECT * WHERE a = @2", [1]).message == "there is no value for @2; the query got 1"
    )
    #expect(try error("SELECT *", [1]).message.contains("@1"))
    let misspelt = try error("SELECT * WHERE a = @ctiy", named: ["city": "Oslo"])
    #expect(misspelt.suggestion == "@city" && misspelt.column == 20)
    #expect(try error("SELECT * WHERE a = @1", [cursor]).column == 20)
    #expect(try error("SELECT * LIMIT @1", ["five"]).column == 16)
    #expect(try error("SELECT * LIMIT @1", [-1]).column == 16)
    #expect(try error("SELECT * LIMIT FIRST(@1, @1)", [cursor]).column == 26)
  }

  @Test func `A long line is shown around the position of the error`() throws {
    let error = try error(
      "SELECT * FROM K WHERE a = 1" + String(repeating: " AND a = 1", count: 900) + " ?")
    #expect(error.column == 9_029)
    #expect(error.excerpt.split(separator: "\n").allSatisfy { $0.count < 82 })
    #expect(
      error.excerpt.hasSuffix(" a = 1 AND a = 1 ?\n" + String(repeating: " ", count: 53) + "^"))
  }

  @Test func `Parentheses nest to a limit without overflowing the stack`() throws {
    func query(_ depth: Int) -> String {
      "SELECT * FROM K WHERE \(String(repeating: "(", count: depth))a = 1"
        + String(repeating: ")", count: depth)
    }
    _ = try GQLQuery(query(50))
    #expect(try error(query(51)).message.contains("more than 50 deep"))
    #expect(try error(query(1_000_000)).column == 73)
  }

  @Test(arguments: [
    ("SELECT * FROM K WHERE a = 1", 27), ("SELECT * FROM K WHERE a = 'x'", 27),
    ("SELECT * FROM K WHERE a = 1.5", 27), ("SELECT * FROM K WHERE a = TRUE", 27),
    ("SELECT * FROM K WHERE a = NULL", 27), ("SELECT * FROM K WHERE 1 < a", 23),
    ("SELECT * FROM K WHERE a IN ARRAY(@1, 2)", 38), ("SELECT * FROM K LIMIT 5", 23),
    ("SELECT * FROM K WHERE __key__ = KEY(K, 1)", 33),
    ("SELECT * FROM K WHERE a = DATETIME('2026-11-25T04:00:00Z')", 27),
    ("SELECT * FROM K OFFSET @1 + 5", 29), ("SELECT COUNT_UP_TO(5) FROM K", 20),
  ])
  func `A query without literals has bindings alone`(_ text: String, _ column: Int) throws {
    let error = try #require(throws: TextError.self) {
      try GQLQuery(text, bindings: [.cursor(QueryCursor(bytes: [1]))], allowsLiterals: false)
    }
    // Where the binding is no value, its own problem comes first.
    if !text.contains("@1, ") { #expect(error.column == column, "\(error)") }
  }

  @Test func `A query of bindings alone needs no literals`() throws {
    let query = try GQLQuery(
      "SELECT * FROM K WHERE a = @a AND b IN ARRAY(@1, @2) LIMIT @n", bindings: [1, 2],
      named: ["a": "x", "n": 5], allowsLiterals: false)
    #expect(query.request.limit == 5)
  }

  @Test(arguments: ["", "1a", "a-b", "a b", "__a__"])
  func `A binding whose name no query can have is refused`(_ name: String) throws {
    let error = try error("SELECT * FROM K", named: [name: 1])
    #expect("\(error)".contains("name of a binding"), "\(error)")
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Parses GQL by recursive descent, with one token of lookahead.
///
/// It is pure: from a text and bindings it makes a statement or an error. It never nests deeper
/// than ``maxDepth``.
struct GQLParser {
  /// The deepest nesting of parentheses. Each level takes a few hundred bytes of stack.
  static let maxDepth = 50

  struct Statement {
    var request: QueryRequest
    var aggregations: [NamedAggregation] = []
  }

  struct NamedAggregation {
    var aggregation: Aggregation
    var alias: String
  }

  private var tokenizer: GQLTokenizer
  private(set) var token: GQLToken
  private(set) var bindings: GQLBindings
  let namespace: String
  /// The project to which all keys belong; `nil` for any.
  let project: String?
  /// Whether the text may have values and numbers of its own.
  private let allowsLiterals: Bool
  /// The kind after FROM, with which qualified names begin. The names before FROM are resolved when
  /// it is known.
  private(set) var kind: String?
  var depth = 0

  init(
    _ text: String, _ bindings: GQLBindings, namespace: String, project: String? = nil,
    allowsLiterals: Bool = true
  ) throws(TextError) {
    tokenizer = GQLTokenizer(text)
    token = try tokenizer.next()
    self.bindings = bindings
    self.namespace = namespace
    self.project = project
    self.allowsLiterals = allowsLiterals
    if let name = bindings.named.keys.sorted().first(where: { !GQLName.isOfBinding($0) }) {
      throw error(
        """
        \(name.clipped(40).debugDescription) cannot be the name of a binding, which has letters, \
        digits, _ and $, does not begin with a digit and does not both begin and end with __
        """, at: token.range)
    }
  }

  /// Refuses the value or number of the present token where all values must be bindings.
  func requireLiterals() throws(TextError) {
    if allowsLiterals { return }
    throw error(
      "this query may not have values of its own; use a binding such as @1, or allow literals",
      at: token.range)
  }

  // MARK: Tokens

  mutating func advance() throws(TextError) { token = try tokenizer.next() }

  func lookahead() throws(TextError) -> GQLToken {
    var copy = tokenizer
    return try copy.next()
  }

  func error(_ message: String, at range: Range<Int>, suggestion: String? = nil) -> TextError {
    tokenizer.error(message, range, suggestion: suggestion)
  }

  /// The error for an unexpected token. Suggests an expected keyword that is similar.
  func unexpected(_ expected: [String]) -> TextError {
    let list =
      expected.count > 1
      ? expected.dropLast().joined(separator: ", ") + " or " + expected[expected.count - 1]
      : expected[0]
    var suggestion: String?
    if case .word(let word) = token.content {
      // "ODER" suggests "ORDER", the first word of "ORDER BY".
      let keywords = expected.filter { $0.first?.isUppercase ?? false }
      let firsts = keywords.map { String($0.split(separator: " ")[0]) }
      if let first = GQLKeyword.nearest(to: word, among: firsts), first != GQLKeyword.upper(word) {
        suggestion = first
      }
    }
    return error(
      "expected \(list), and found \(token.description)", at: token.range, suggestion: suggestion)
  }

  func isAt(_ keyword: String) -> Bool {
    if case .word(let word) = token.content { GQLKeyword.upper(word) == keyword } else { false }
  }

  func isAt(_ symbol: GQLToken.Symbol) -> Bool { token.content == .symbol(symbol) }

  mutating func accept(_ keyword: String) throws(TextError) -> Bool {
    guard isAt(keyword) else { return false }
    try advance()
    return true
  }

  mutating func accept(_ symbol: GQLToken.Symbol) throws(TextError) -> Bool {
    guard isAt(symbol) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ keyword: String) throws(TextError) {
    guard try accept(keyword) else { throw unexpected([keyword]) }
  }

  mutating func expect(_ symbol: GQLToken.Symbol) throws(TextError) {
    guard try accept(symbol) else { throw unexpected(["\"\(symbol.rawValue)\""]) }
  }

  mutating func bound<T>(
    _ body: (inout GQLBindings, GQLToken) throws(GQLBindings.Problem) -> T
  ) throws(TextError) -> T {
    let token = token
    do throws(GQLBindings.Problem) {
      return try body(&bindings, token)
    } catch {
      throw self.error(error.message, at: token.range, suggestion: error.suggestion)
    }
  }

  // MARK: Statements

  mutating func statement() throws(TextError) -> Statement {
    let statement: Statement
    if try accept("AGGREGATE") {
      let aggregations = try aggregationTexts()
      try expect("OVER")
      try expect(.open)
      let request = try query()
      guard isAt(.close) else { throw unexpected(followers + ["\")\""]) }
      try advance()
      guard case .end = token.content else { throw unexpected(["the end"]) }
      statement = Statement(request: request, aggregations: try resolve(aggregations))
    } else if isAt("SELECT") {
      if Self.aggregators.contains(where: isNext) {
        statement = try shortAggregation()
      } else {
        let request = try query()
        guard case .end = token.content else { throw unexpected(followers + ["the end"]) }
        statement = Statement(request: request)
      }
    } else {
      throw unexpected(["SELECT", "AGGREGATE"])
    }
    if let number = bindings.firstUnused {
      throw error(
        "the query does not use @\(number), for which there is a value", at: token.range)
    }
    return statement
  }

  private func isNext(_ keyword: String) -> Bool {
    guard case .word(let word)? = (try? lookahead())?.content else { return false }
    return GQLKeyword.upper(word) == keyword
  }

  /// The clauses that may follow.
  private(set) var followers: [String] = []

  mutating func query() throws(TextError) -> QueryRequest {
    guard try accept("SELECT") else { throw unexpected(["SELECT"]) }
    var distinctOn: [Name] = []
    var projection: [Name] = []
    var isDistinct = false
    if try accept("DISTINCT") {
      isDistinct = true
      if try accept("ON") {
        isDistinct = false
        try expect(.open)
        distinctOn = try names()
        guard try accept(.close) else { throw unexpected(["\",\"", "\")\""]) }
      }
    }
    if isAt(.star), !isDistinct {
      try advance()
    } else {
      projection = try names(otherwise: isDistinct ? [] : ["\"*\"", "DISTINCT", "COUNT(*)"])
    }
    var request = QueryRequest(namespace: namespace)
    followers =
      (projection.isEmpty ? [] : ["\",\""]) + ["FROM", "WHERE", "ORDER BY", "LIMIT", "OFFSET"]
    if try accept("FROM") { try from(&request) }
    request.projection = projection.map(resolve)
    request.distinctOn = isDistinct ? request.projection : distinctOn.map(resolve)
    if try accept("WHERE") { request.filter = try compoundCondition() }
    if try accept("ORDER") {
      try expect("BY")
      try orders(&request)
    }
    if try accept("LIMIT") { try limit(&request) }
    if try accept("OFFSET") { try offset(&request) }
    return request
  }

  private mutating func from(_ request: inout QueryRequest) throws(TextError) {
    kind = try name("the name of a kind")
    request.kind = kind
    followers = ["WHERE", "ORDER BY", "LIMIT", "OFFSET"]
  }

  private mutating func orders(_ request: inout QueryRequest) throws(TextError) {
    repeat {
      let property = resolve(try propertyName())
      var direction = QueryOrder.Direction.ascending
      followers = ["\",\"", "LIMIT", "OFFSET"]
      if try accept("DESC") {
        direction = .descending
      } else if try !accept("ASC") {
        followers = ["ASC", "DESC"] + followers
      }
      request.orders.append(QueryOrder(property, direction))
    } while try accept(.comma)
  }

  mutating func follow(_ followers: [String]) { self.followers = followers }

  // MARK: The short form of aggregations

  /// Parses `SELECT COUNT(*) FROM … WHERE …`.
  private mutating func shortAggregation() throws(TextError) -> Statement {
    try advance()
    let aggregations = try aggregationTexts()
    var request = QueryRequest(namespace: namespace)
    followers = ["\",\"", "FROM", "WHERE"]
    if try accept("FROM") {
      try from(&request)
      followers = ["WHERE"]
    }
    if try accept("WHERE") { request.filter = try compoundCondition() }
    for keyword in ["ORDER", "LIMIT", "OFFSET"] where isAt(keyword) {
      throw error(
        """
        the short form of an aggregation ends before \(keyword); write AGGREGATE … OVER (SELECT * …)
        """, at: token.range)
    }
    guard case .end = token.content else {
      throw unexpected(
        followers.filter { !["ORDER BY", "LIMIT", "OFFSET"].contains($0) } + ["the end"])
    }
    return Statement(request: request, aggregations: try resolve(aggregations))
  }
}

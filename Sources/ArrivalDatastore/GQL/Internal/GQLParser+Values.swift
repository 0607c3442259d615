// SPDX-License-Identifier: Apache-2.0
extension GQLParser {
  private static let functions: Set<String> = ["KEY", "ARRAY", "BLOB", "DATETIME"]

  /// Whether a value begins here. KEY and the other functions are names of properties without "(".
  func isAtValue() throws(TextError) -> Bool {
    switch token.content {
    case .string, .integer, .double, .namedBinding, .numberedBinding: return true
    case .word(let word):
      let upper = GQLKeyword.upper(word)
      if ["TRUE", "FALSE", "NULL"].contains(upper) { return true }
      guard Self.functions.contains(upper) else { return false }
      return try lookahead().content == .symbol(.open)
    case .quotedName, .symbol, .end: return false
    }
  }

  mutating func value() throws(TextError) -> Value {
    switch token.content {
    case .string, .integer, .double, .word: try requireLiterals(unlessAt: ["ARRAY"])
    case .namedBinding, .numberedBinding, .quotedName, .symbol, .end: break
    }
    switch token.content {
    case .string(let text): return try take(.string(text))
    case .integer(let number): return try take(.integer(number))
    case .double(let number): return try take(.double(number))
    case .namedBinding, .numberedBinding:
      let value = try bound { (bindings, token) throws(GQLBindings.Problem) in
        try bindings.value(token.content)
      }
      return try take(value)
    case .word(let word):
      switch GQLKeyword.upper(word) {
      case "TRUE": return try take(.boolean(true))
      case "FALSE": return try take(.boolean(false))
      case "NULL": return try take(.null)
      case let name where Self.functions.contains(name):
        return try function(name)
      default: break
      }
      throw error(
        "expected a value, and found \(token.description); write a string in quotes",
        at: token.range,
        suggestion: GQLKeyword.nearest(to: word, among: ["TRUE", "FALSE", "NULL", "DATETIME"])
          ?? (word.utf8.count <= 40 ? "'\(word)'" : nil))
    case .quotedName, .symbol, .end: throw unexpected(["a value"])
    }
  }

  /// An array is no value of its own: its elements may be bindings.
  private func requireLiterals(unlessAt functions: [String]) throws(TextError) {
    if !functions.contains(where: { isAt($0) }) { try requireLiterals() }
  }

  private mutating func take(_ value: Value) throws(TextError) -> Value {
    try advance()
    return value
  }

  private mutating func function(_ name: String) throws(TextError) -> Value {
    try advance()
    try expect(.open)
    let value: Value
    switch name {
    case "KEY": value = .key(try keyContent())
    case "ARRAY": value = try arrayContent()
    case "BLOB":
      let range = token.range
      guard let bytes = QueryCursor(text: try string())?.bytes else {
        throw error(
          "expected Base64 with the characters A-Z, a-z, 0-9, - and _, without padding", at: range)
      }
      value = .bytes(bytes)
    default:
      let range = token.range
      let text = try string()
      guard let time = Timestamp(rfc3339: text) else {
        throw error(
          "expected a time such as 2026-11-25T04:00:00Z, with up to six decimals, or +01:00 for Z",
          at: range)
      }
      value = .timestamp(time)
    }
    guard try accept(.close) else {
      throw unexpected(name == "KEY" || name == "ARRAY" ? ["\",\"", "\")\""] : ["\")\""])
    }
    return value
  }

  private mutating func string() throws(TextError) -> String {
    guard case .string(let text) = token.content else { throw unexpected(["a string"]) }
    try advance()
    return text
  }

  private mutating func arrayContent() throws(TextError) -> Value {
    var values: [Value] = []
    repeat {
      let range = token.range
      // Refused before it is read, so that the parser does not recurse.
      if isAt("ARRAY") { throw error("an array cannot contain an array", at: range) }
      let value = try value()
      if case .array = value { throw error("an array cannot contain an array", at: range) }
      values.append(value)
    } while try accept(.comma)
    return .array(values)
  }

  private mutating func keyContent() throws(TextError) -> Key {
    var namespace = namespace
    if isAt("PROJECT"), try lookahead().content == .symbol(.open) {
      let range = token.range
      let name = try partition()
      // Keys have no project here, because a datastore belongs to one project.
      if let project, !name.isEmpty, name != project {
        throw error(
          "the key belongs to project \"\(name.clipped())\"; this is project \"\(project)\"",
          at: range)
      }
    }
    if isAt("NAMESPACE"), try lookahead().content == .symbol(.open) {
      namespace = try partition()
    }
    var path: [Key.PathElement] = []
    repeat {
      let kind = try name("the name of a kind")
      guard try accept(.comma) else { throw unexpected(["\",\" and an ID or a name"]) }
      switch token.content {
      case .integer(let id) where id > 0:
        path.append(Key.PathElement(kind: kind, identifier: .id(id)))
      case .string(let name) where !name.isEmpty:
        path.append(Key.PathElement(kind: kind, identifier: .name(name)))
      default: throw unexpected(["an ID of at least 1", "a name as a string that is not empty"])
      }
      try advance()
    } while try accept(.comma)
    return Key(uncheckedPath: path, namespace: namespace)
  }

  private mutating func partition() throws(TextError) -> String {
    try advance()
    try expect(.open)
    let name = try string()
    try expect(.close)
    try expect(.comma)
    return name
  }

  // MARK: Places in the results

  private enum ResultPosition {
    case number(Int)
    case cursor(QueryCursor)
  }

  mutating func limit(_ request: inout QueryRequest) throws(TextError) {
    follow(["OFFSET"])
    if isAt("FIRST") {
      try advance()
      try expect(.open)
      try limitPart(&request)
      guard try accept(.comma) else { throw unexpected(["\",\""]) }
      let range = token.range
      let had = (limit: request.limit != nil, cursor: request.endCursor != nil)
      try limitPart(&request)
      guard request.limit != nil, request.endCursor != nil else {
        let what = had.limit ? "a cursor; the first is a number" : "a number; the first is a cursor"
        throw error("expected \(what)", at: range)
      }
      guard try accept(.close) else { throw unexpected(["\")\""]) }
    } else {
      try limitPart(&request)
    }
  }

  private mutating func limitPart(_ request: inout QueryRequest) throws(TextError) {
    switch try resultPosition() {
    case .number(let number): request.limit = number
    case .cursor(let cursor): request.endCursor = cursor
    }
  }

  mutating func offset(_ request: inout QueryRequest) throws(TextError) {
    follow([])
    switch try resultPosition() {
    case .number(let number): request.offset = number
    case .cursor(let cursor):
      request.startCursor = cursor
      guard try accept(.plus) else {
        if case .integer = token.content {
          throw error("put a space between the \"+\" and the number", at: token.range)
        }
        follow(["\"+\""])
        return
      }
      let range = token.range
      guard case .number(let number) = try resultPosition() else {
        throw error("expected a number, and found a second cursor", at: range)
      }
      request.offset = number
    }
  }

  private mutating func resultPosition() throws(TextError) -> ResultPosition {
    switch token.content {
    case .integer(let number):
      guard number >= 0 else { throw unexpected(["a number of at least 0"]) }
      try requireLiterals()
      // `Int` has 32 bits on some machines.
      let position = ResultPosition.number(Int(clamping: number))
      try advance()
      return position
    case .namedBinding, .numberedBinding:
      let binding = try bound { (bindings, token) throws(GQLBindings.Problem) in
        try bindings.position(token.content)
      }
      try advance()
      switch binding {
      case .cursor(let cursor): return .cursor(cursor)
      case .value(let value): return .number(Int(clamping: value.integerValue ?? 0))
      }
    default: throw unexpected(["a number", "a binding"])
    }
  }
}

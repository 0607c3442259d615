// SPDX-License-Identifier: Apache-2.0
extension GQLParser {
  /// Conditions joined by OR; AND binds tighter.
  mutating func compoundCondition() throws(TextError) -> QueryFilter {
    var parts = [try conjunction()]
    while try accept("OR") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  private mutating func conjunction() throws(TextError) -> QueryFilter {
    var parts = [try condition()]
    while try accept("AND") { parts.append(try condition()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  private mutating func condition() throws(TextError) -> QueryFilter {
    guard isAt(.open) else { return try comparison() }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maxDepth else {
      throw error("parentheses are nested more than \(Self.maxDepth) deep", at: token.range)
    }
    try advance()
    let inner = try compoundCondition()
    guard try accept(.close) else { throw unexpected(["AND", "OR", "\")\""]) }
    follow(["AND", "OR", "ORDER BY", "LIMIT", "OFFSET"])
    return inner
  }

  private mutating func comparison() throws(TextError) -> QueryFilter {
    let filter = try isAtValue() ? valueFirst() : propertyFirst()
    follow(["AND", "OR", "ORDER BY", "LIMIT", "OFFSET"])
    return filter
  }

  private static let comparisons: [GQLToken.Symbol: QueryFilter.Comparison] = [
    .equal: .equal, .notEqual: .notEqual, .less: .lessThan, .lessOrEqual: .lessThanOrEqual,
    .greater: .greaterThan, .greaterOrEqual: .greaterThanOrEqual,
  ]

  private mutating func acceptComparison() throws(TextError) -> QueryFilter.Comparison? {
    guard case .symbol(let symbol) = token.content, let found = Self.comparisons[symbol] else {
      return nil
    }
    try advance()
    return found
  }

  private static let signs = "one of = != < <= > >="

  private mutating func propertyFirst() throws(TextError) -> QueryFilter {
    let name = try propertyName(otherwise: ["a value", "\"(\""])
    let property = resolve(name)
    if let comparison = try acceptComparison() {
      return .property(property, comparison, try value())
    }
    if try accept("IS") {
      try expect("NULL")
      return .property(property, .equal, .null)
    }
    if try accept("CONTAINS") { return .property(property, .equal, try value()) }
    if try accept("IN") { return .property(property, .isIn, try list()) }
    if try accept("NOT") {
      try expect("IN")
      return .property(property, .isNotIn, try list())
    }
    if try accept("HAS") {
      guard try accept("ANCESTOR") else {
        if isAt("DESCENDANT") {
          throw error(
            "HAS DESCENDANT goes between a key and __key__, in this order", at: token.range,
            suggestion: "ANCESTOR")
        }
        throw unexpected(["ANCESTOR"])
      }
      guard property == QueryRequest.keyProperty else {
        throw error("only keys have ancestors", at: name.range, suggestion: "__key__")
      }
      return .ancestor(try key())
    }
    throw unexpected([Self.signs, "IN", "NOT IN", "CONTAINS", "IS NULL", "HAS ANCESTOR"])
  }

  private mutating func valueFirst() throws(TextError) -> QueryFilter {
    let range = token.range
    let value = try value()
    if let comparison = try acceptComparison() {
      return .property(resolve(try propertyName()), Self.turned(comparison), value)
    }
    if try accept("IN") { return .property(resolve(try propertyName()), .equal, value) }
    if try accept("HAS") {
      try expect("DESCENDANT")
      guard case .key(let key) = value else {
        throw error("only keys have descendants, and this is \(value.typeName)", at: range)
      }
      let place = token.range
      guard resolve(try propertyName()) == QueryRequest.keyProperty else {
        throw error("only keys have ancestors", at: place, suggestion: "__key__")
      }
      return .ancestor(key)
    }
    throw unexpected([Self.signs, "IN", "HAS DESCENDANT"])
  }

  /// Turns a comparison around: `7 > a` is `a < 7`.
  private static func turned(_ comparison: QueryFilter.Comparison) -> QueryFilter.Comparison {
    switch comparison {
    case .lessThan: .greaterThan
    case .lessThanOrEqual: .greaterThanOrEqual
    case .greaterThan: .lessThan
    case .greaterThanOrEqual: .lessThanOrEqual
    case .equal, .notEqual, .isIn, .isNotIn: comparison
    }
  }

  private mutating func list() throws(TextError) -> Value {
    if isAt(.open) {
      throw error("write a list as ARRAY(…)", at: token.range, suggestion: "ARRAY(")
    }
    let range = token.range
    let value = try value()
    guard case .array = value else {
      throw error("expected an array, and found \(value.typeName)", at: range)
    }
    return value
  }

  private mutating func key() throws(TextError) -> Key {
    let range = token.range
    guard case .key(let key) = try value() else {
      throw error("expected a key, such as KEY(Kind, 'name')", at: range)
    }
    return key
  }
}

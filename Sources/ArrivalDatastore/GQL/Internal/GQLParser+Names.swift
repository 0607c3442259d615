// SPDX-License-Identifier: Apache-2.0
extension GQLParser {
  /// The parts of a property's name, before it is known whether the first one is the kind.
  struct Name {
    var parts: [String]
    var range: Range<Int>
  }

  /// One name: a word that is not a keyword, or anything in backquotes.
  mutating func name(_ what: String, otherwise others: [String] = []) throws(TextError) -> String {
    switch token.content {
    case .quotedName(let name):
      try advance()
      return name
    case .word(let word) where !GQLKeyword.isReserved(word):
      try advance()
      return word
    case .word(let word):
      throw error(
        """
        expected \(what), and found the keyword \(word); write \(GQLName.quoted(word)) to use it \
        as a name
        """,
        at: token.range)
    case .string(let text):
      throw error(
        """
        expected \(what), and found the string \
        \(token.description.dropFirst("the string ".count)); write a name without quotes or in \
        backquotes
        """, at: token.range,
        suggestion: !text.isEmpty && text.utf8.count <= 40 ? GQLName.quoted(text) : nil)
    case .integer, .double, .namedBinding, .numberedBinding, .symbol, .end:
      throw unexpected([what] + others)
    }
  }

  /// `a`, `outer.inner` or `Kind.a`.
  mutating func propertyName(otherwise others: [String] = []) throws(TextError) -> Name {
    let start = token.range.lowerBound
    var end = token.range.upperBound
    var parts = [try name("the name of a property", otherwise: others)]
    while try accept(.dot) {
      end = token.range.upperBound
      parts.append(try name("the name of a property"))
    }
    return Name(parts: parts, range: start..<end)
  }

  /// The name without the kind in front of it.
  func resolve(_ name: Name) -> String {
    if name.parts.count > 1, let kind, identicalText(name.parts[0], kind) {
      return name.parts.dropFirst().joined(separator: ".")
    }
    return name.parts.joined(separator: ".")
  }

  mutating func names(otherwise others: [String] = []) throws(TextError) -> [Name] {
    var names = [try propertyName(otherwise: others)]
    while try accept(.comma) { names.append(try propertyName()) }
    return names
  }

  // MARK: Aggregations

  static let aggregators = ["COUNT", "COUNT_UP_TO", "SUM", "AVG"]

  /// An aggregation before its property's name is resolved.
  struct AggregationText {
    enum Operation {
      case count(upTo: Int?)
      case sum(Name)
      case average(Name)
    }

    var operation: Operation
    var alias: String?
    var range: Range<Int>
  }

  mutating func aggregationTexts() throws(TextError) -> [AggregationText] {
    var all: [AggregationText] = []
    repeat { all.append(try aggregationText()) } while try accept(.comma)
    return all
  }

  private mutating func aggregationText() throws(TextError) -> AggregationText {
    let range = token.range
    let operation: AggregationText.Operation
    if try accept("COUNT") {
      try expect(.open)
      try expect(.star)
      operation = .count(upTo: nil)
    } else if try accept("COUNT_UP_TO") {
      try expect(.open)
      guard case .integer(let number) = token.content, number >= 0 else {
        throw unexpected(["an integer of at least 0"])
      }
      try requireLiterals()
      operation = .count(upTo: Int(number))
      try advance()
    } else if try accept("SUM") {
      try expect(.open)
      operation = .sum(try propertyName())
    } else if try accept("AVG") {
      try expect(.open)
      operation = .average(try propertyName())
    } else {
      throw unexpected(Self.aggregators)
    }
    try expect(.close)
    var alias: String?
    if try accept("AS") { alias = try name("a name for the value") }
    return AggregationText(operation: operation, alias: alias, range: range)
  }

  func resolve(_ texts: [AggregationText]) throws(TextError) -> [NamedAggregation] {
    var used: Set<String> = []
    var result: [NamedAggregation] = []
    var unnamed = 0
    for text in texts {
      // As the API does, only those without a name are counted.
      if text.alias == nil { unnamed += 1 }
      let alias = text.alias ?? "property_\(unnamed)"
      guard used.insert(alias).inserted else {
        throw error(
          "two values have the name \(alias.debugDescription); give this one another name with AS",
          at: text.range)
      }
      let aggregation: Aggregation =
        switch text.operation {
        case .count(let limit): .count(upTo: limit)
        case .sum(let name): .sum(resolve(name))
        case .average(let name): .average(resolve(name))
        }
      result.append(NamedAggregation(aggregation: aggregation, alias: alias))
    }
    return result
  }
}

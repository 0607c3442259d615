// SPDX-License-Identifier: Apache-2.0
/// A word, a symbol or a literal of GQL, and its place in the text.
struct GQLToken: Sendable, Hashable {
  enum Content: Sendable, Hashable {
    /// A name without quotes, or a keyword. The grammar decides which.
    case word(String)
    /// A name in backquotes, which is never a keyword.
    case quotedName(String)
    case string(String)
    case integer(Int64)
    case double(Double)
    /// `@name`, without the `@`.
    case namedBinding(String)
    /// `@1` and so on.
    case numberedBinding(Int)
    case symbol(Symbol)
    case end
  }

  enum Symbol: String, Sendable, Hashable, CaseIterable {
    case star = "*"
    case comma = ","
    case dot = "."
    case plus = "+"
    case open = "("
    case close = ")"
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  var content: Content
  /// Offsets of Unicode scalars in the text.
  var range: Range<Int>

  /// The token as messages show it.
  var description: String {
    switch content {
    case .word(let word): Self.quoted(word)
    case .quotedName(let name): "the name \(Self.quoted(name))"
    case .string(let text): "the string \(Self.quoted(text))"
    case .integer(let number): "\(number)"
    case .double(let number): "\(number)"
    case .namedBinding(let name): Self.quoted("@" + name)
    case .numberedBinding(let number): "\"@\(number)\""
    case .symbol(let symbol): "\"\(symbol.rawValue)\""
    case .end: "the end"
    }
  }

  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.count <= 40
      ? text.debugDescription
      : "\(String(String.UnicodeScalarView(text.unicodeScalars.prefix(40))))…".debugDescription
  }
}

/// The reserved words, and suggestions for misspelled ones.
enum GQLKeyword {
  static let reserved: Set<String> = [
    "AGGREGATE", "ALL", "ANCESTOR", "AND", "ANY", "AS", "ASC", "AVG", "BETWEEN", "BINARY", "BY",
    "CHILD", "CONTAINS", "COUNT", "COUNT_UP_TO", "CURSOR", "DESC", "DESCENDANT", "DISTINCT", "DIV",
    "EXISTS", "FALSE", "FROM", "GROUP", "HAS", "HAVING", "IN", "IS", "JOIN", "LIKE", "LIMIT", "MOD",
    "NOT", "NULL", "OFFSET", "ON", "OR", "ORDER", "PARENT", "REGEXP", "RLIKE", "SELECT", "SUBSET",
    "SUM", "SUPERSET", "TRUE", "WHERE", "XOR",
  ]

  static func isReserved(_ word: String) -> Bool { reserved.contains(upper(word)) }

  /// Changes only ASCII letters, so that "ſelect" is not taken for a keyword.
  static func upper(_ word: String) -> String {
    String(decoding: word.utf8.map { 97...122 ~= $0 ? $0 - 32 : $0 }, as: UTF8.self)
  }

  /// The nearest candidate within two typing errors: a letter wrong, missing or added, or two
  /// letters swapped.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    // Longer words resemble no keyword, and comparing them takes time.
    guard word.utf8.count <= 40 else { return nil }
    let word = Array(upper(word).utf8)
    var best: (weight: Int, candidate: String)?
    for candidate in candidates {
      let other = Array(upper(candidate).utf8)
      let distance = slips(word, other)
      // A short word with half of its letters wrong is another word. The first letter is seldom
      // wrong.
      let weight = distance * 2 + (word.first == other.first ? 0 : 1)
      guard distance <= 2, distance * 2 < max(other.count, 2), weight < best?.weight ?? 6
      else { continue }
      best = (weight, candidate)
    }
    return best?.candidate
  }

  private static func slips(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if abs(a.count - b.count) > 2 { return 3 }
    var rows = [Array(0...b.count)]
    for (i, x) in a.enumerated() {
      var row = [i + 1]
      for (j, y) in b.enumerated() {
        var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (x == y ? 0 : 1))
        if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}

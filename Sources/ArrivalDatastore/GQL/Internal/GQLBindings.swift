// SPDX-License-Identifier: Apache-2.0
/// The bindings of a query, and which of them the query has used.
struct GQLBindings {
  struct Problem: Error {
    var message: String
    var suggestion: String?
  }

  let numbered: [GQLQuery.Binding]
  let named: [String: GQLQuery.Binding]
  private var used: [Bool]

  init(numbered: [GQLQuery.Binding], named: [String: GQLQuery.Binding]) {
    self.numbered = numbered
    self.named = named
    used = Array(repeating: false, count: numbered.count)
  }

  /// The number of the first binding that the query does not use.
  var firstUnused: Int? { used.firstIndex(of: false).map { $0 + 1 } }

  /// A value to compare with.
  mutating func value(_ site: GQLToken.Content) throws(Problem) -> Value {
    switch try binding(site) {
    case .value(let value): return value
    case .cursor:
      throw Problem(message: "a cursor cannot be compared with; use cursors in LIMIT and OFFSET")
    }
  }

  /// A number of at least 0, or a cursor.
  mutating func position(_ site: GQLToken.Content) throws(Problem) -> GQLQuery.Binding {
    let binding = try binding(site)
    if case .value(let value) = binding, value.integerValue.map({ $0 < 0 }) ?? true {
      throw Problem(
        message: "expected a number of at least 0 or a cursor, and found \("\(value)".clipped())")
    }
    return binding
  }

  private mutating func binding(_ site: GQLToken.Content) throws(Problem) -> GQLQuery.Binding {
    switch site {
    case .numberedBinding(let number):
      guard number <= numbered.count else {
        throw Problem(message: "there is no value for @\(number); the query got \(numbered.count)")
      }
      used[number - 1] = true
      return numbered[number - 1]
    case .namedBinding(let name):
      guard let binding = named[name] else {
        throw Problem(
          message: "there is no value for @\(name.clipped(40))",
          suggestion: GQLKeyword.nearest(to: name, among: named.keys.sorted()).map { "@" + $0 })
      }
      return binding
    case .word, .quotedName, .string, .integer, .double, .symbol, .end:
      throw Problem(message: "expected a binding")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

extension QueryRules {
  /// The most ANDs that a filter may have when it is written as an OR of ANDs.
  static let maxDisjuncts = 30
  static let maxIn = 30
  static let maxNotIn = 10

  /// The shape of a part of the filter when it is written as an OR of ANDs.
  private struct Shape {
    /// How many ANDs there are.
    var disjuncts: Int
    /// Whether each of the ANDs has the ancestor.
    var hasAncestor: Bool
  }

  /// What the whole filter contains, for rules that forbid combinations.
  private struct Use {
    var negations: [String] = []
    var hasNotIn = false
    var hasInOrOr = false
    var ancestor: Key?
    var equalities: Set<ExactText> = []
  }

  /// Checks the filter; builds nothing.
  func checkFilter() throws(DatastoreError) {
    guard let filter = request.filter else { return }
    var use = Use()
    let shape = try check(filter, &use)
    if use.ancestor != nil, !shape.hasAncestor { throw Self.ancestors() }
    if use.negations.count > 1 {
      throw Self.refusal(
        "A query may have one != or NOT IN, and this is the second. Use two queries.",
        use.negations[1])
    }
    if use.hasNotIn, use.hasInOrOr {
      throw Self.refusal(
        "NOT IN cannot be used with IN or OR in one query. Use two queries.", use.negations[0])
    }
    for property in request.projection
    where use.equalities.contains(ExactText(property)) && property != QueryRequest.keyProperty {
      throw Self.refusal(
        "The query selects a property that it compares by = or IN. Leave it out of the selection.",
        property)
    }
  }

  private func check(_ filter: QueryFilter, _ use: inout Use) throws(DatastoreError) -> Shape {
    switch filter {
    case .property(let name, let comparison, let value):
      return Shape(
        disjuncts: try check(name, comparison, value, &use), hasAncestor: false)
    case .ancestor(let key):
      try check(key: key, "An ancestor's key")
      if let other = use.ancestor, other != key { throw Self.ancestors() }
      use.ancestor = key
      return Shape(disjuncts: 1, hasAncestor: true)
    case .and(let parts):
      if parts.isEmpty {
        throw Self.refusal("An AND in the query's filter is empty. Leave it out.")
      }
      var product = Shape(disjuncts: 1, hasAncestor: false)
      for part in parts {
        let next = try check(part, &use)
        product.disjuncts *= next.disjuncts
        product.hasAncestor = product.hasAncestor || next.hasAncestor
        try Self.check(disjuncts: product.disjuncts)
      }
      return product
    case .or(let parts):
      if parts.isEmpty { throw Self.refusal("An OR in the query's filter is empty. Leave it out.") }
      if parts.count > 1 { use.hasInOrOr = true }
      var sum = Shape(disjuncts: 0, hasAncestor: true)
      for part in parts {
        let next = try check(part, &use)
        sum.disjuncts += next.disjuncts
        sum.hasAncestor = sum.hasAncestor && next.hasAncestor
        try Self.check(disjuncts: sum.disjuncts)
      }
      return sum
    }
  }

  private static func check(disjuncts count: Int) throws(DatastoreError) {
    if count <= maxDisjuncts { return }
    throw refusal(
      """
      Written as an OR of ANDs, with each IN as an OR, the query's filter has over \(maxDisjuncts) \
      parts, which is the limit. Use several queries.
      """)
  }

  private static func ancestors() -> DatastoreError {
    refusal("All parts of an OR must have the same ancestor. Put the ancestor outside of the OR.")
  }

  /// - Returns: How many ANDs the comparison expands to: an IN has one for each value.
  private func check(
    _ name: String, _ comparison: QueryFilter.Comparison, _ value: Value, _ use: inout Use
  ) throws(DatastoreError) -> Int {
    try Self.check(name: name)
    if request.kind == nil, name != QueryRequest.keyProperty {
      throw Self.refusal(
        "A kind is required for all filters except those on __key__. Give the query a kind.", name)
    }
    switch comparison {
    case .isIn:
      use.hasInOrOr = true
      use.equalities.insert(ExactText(name))
      let values = try elements(name, comparison, value, Self.maxIn)
      for value in values { try check(name, value) }
      // Values that are equal in an index count once.
      return Set(values.map { IndexCodec.encode($0) }).count
    case .isNotIn:
      use.hasNotIn = true
      use.negations.append(name)
      for value in try elements(name, comparison, value, Self.maxNotIn) { try check(name, value) }
      return 1
    case .notEqual: use.negations.append(name)
    case .equal: use.equalities.insert(ExactText(name))
    case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual: break
    }
    try check(name, value)
    return 1
  }

  private func elements(
    _ name: String, _ comparison: QueryFilter.Comparison, _ value: Value, _ limit: Int
  ) throws(DatastoreError) -> [Value] {
    guard case .array(let values) = value, 1...limit ~= values.count else {
      let found =
        if case .array(let values) = value { "\(values.count) values" } else { value.typeName }
      throw Self.refusal(
        """
        \(comparison.rawValue) needs an array of 1 to \(limit) values, but got \(found). Use \
        several queries for more values.
        """, name)
    }
    return values
  }

  /// Checks a value that a property is compared with.
  private func check(_ name: String, _ value: Value) throws(DatastoreError) {
    guard IndexCodec.isOrdered(value) else {
      throw Self.refusal(
        """
        A query cannot compare with \(value.typeName). Compare with one element, or with a \
        property of the nested entity as "\(name.clipped()).inner".
        """, name)
    }
    guard name == QueryRequest.keyProperty else { return }
    guard case .key(let key) = value else {
      throw Self.refusal("The key is compared with \(value.typeName). Compare it with a key.", name)
    }
    try check(key: key, "The key in a comparison")
  }

  private func check(key: Key, _ what: String) throws(DatastoreError) {
    guard key.isComplete else {
      throw Self.refusal(
        "\(what) is incomplete: \("\(key)".clipped()). Use a key with an ID or a name.",
        QueryRequest.keyProperty)
    }
    do throws(Limits.Violation) {
      _ = try Limits.size(ofValid: key, writing: false)
    } catch {
      throw Self.refusal("\(what) is invalid. \(error.message)", QueryRequest.keyProperty)
    }
    guard identicalText(key.namespace, request.namespace) else {
      throw Self.refusal(
        """
        \(what) is in the namespace "\(key.namespace.clipped())", but the query is in \
        "\(request.namespace.clipped())". Give the query the namespace of the key.
        """, QueryRequest.keyProperty)
    }
  }
}

internal import DatastoreModel

extension QueryRules {
  /// The most ANDs that a filter may come to when it is written as an OR of ANDs.
  static let maximumDisjuncts = 30
  static let maximumIn = 30
  static let maximumNotIn = 10

  /// One comparison, checked and encoded.
  private enum Atom: Hashable {
    case equals(String, [UInt8])
    case lies(String, [ByteRange])
    case key([ByteRange])
  }

  /// The filter as an OR of ANDs.
  func disjuncts() throws(DatastoreError) -> [NormalizedQuery.Conjunction] {
    var use = Use()
    let disjuncts = try request.filter.map { filter throws(DatastoreError) in
      try self.disjuncts(of: filter, &use)
    }
    try check(use, disjuncts ?? [])
    let space: [ByteRange]
    if let ancestor = use.ancestor {
      space = [.beginning(with: plain(ancestor))]
    } else {
      var writer = BlobWriter()
      KeyCodec.append(request.namespace, to: &writer)
      space = [.beginning(with: writer.bytes)]
    }
    return (disjuncts ?? [[]]).map { atoms in
      var conjunction = NormalizedQuery.Conjunction(keyRanges: space)
      for atom in atoms {
        switch atom {
        case .equals(let property, let value):
          let equality = NormalizedQuery.Conjunction.Equality(property: property, value: value)
          if !conjunction.equalities.contains(equality) { conjunction.equalities.append(equality) }
        case .lies(let property, let ranges):
          let before = conjunction.ranges[property] ?? [.all]
          conjunction.ranges[property] = before.intersection(ranges)
        case .key(let ranges):
          conjunction.keyRanges = conjunction.keyRanges.intersection(ranges)
        }
      }
      return conjunction
    }
  }

  /// What the whole filter contains, for the rules that forbid combinations.
  private struct Use {
    var negations: [String] = []
    var hasNotIn = false
    var hasInOrOr = false
    var ancestor: Key?
    var equalities: Set<String> = []
  }

  private func disjuncts(
    of filter: QueryFilter, _ use: inout Use
  ) throws(DatastoreError) -> [[Atom]] {
    switch filter {
    case .property(let name, let comparison, let value):
      return try atoms(name, comparison, value, &use)
    case .ancestor(let key):
      try check(key: key, "An ancestor's key")
      if let other = use.ancestor, other != key { throw Self.ancestors() }
      use.ancestor = key
      // Says that this AND has it; it narrows where the keys lie.
      return [[.key([.beginning(with: plain(key))])]]
    case .and(let parts):
      guard !parts.isEmpty else { throw Self.refusal("An AND in the query's filter is empty.") }
      var product: [[Atom]] = [[]]
      for part in parts {
        let next = try disjuncts(of: part, &use)
        try Self.check(count: product.count * next.count)
        product = product.flatMap { a in next.map { b in a + b } }
      }
      return product
    case .or(let parts):
      guard !parts.isEmpty else { throw Self.refusal("An OR in the query's filter is empty.") }
      if parts.count > 1 { use.hasInOrOr = true }
      var sum: [[Atom]] = []
      for part in parts {
        sum += try disjuncts(of: part, &use)
        try Self.check(count: sum.count)
      }
      return sum
    }
  }

  private static func check(count: Int) throws(DatastoreError) {
    if count <= maximumDisjuncts { return }
    throw refusal(
      """
      Written as an OR of ANDs, with each IN as an OR, the query's filter has over \
      \(maximumDisjuncts) parts, which is the limit. Ask in several queries.
      """)
  }

  private static func ancestors() -> DatastoreError {
    refusal("All parts of an OR have to have one and the same ancestor. Put it outside of the OR.")
  }

  private func check(_ use: Use, _ disjuncts: [[Atom]]) throws(DatastoreError) {
    if let ancestor = use.ancestor {
      let needed = Atom.key([.beginning(with: plain(ancestor))])
      guard disjuncts.allSatisfy({ $0.contains(needed) }) else { throw Self.ancestors() }
    }
    if use.negations.count > 1 {
      throw Self.refusal(
        "A query takes one != or NOT IN, and this is the second. Ask in two queries.",
        use.negations[1])
    }
    if use.hasNotIn, use.hasInOrOr {
      throw Self.refusal(
        "NOT IN cannot be used with IN or OR in one query. Ask in two queries.", use.negations[0])
    }
    for property in request.projection where use.equalities.contains(property) {
      throw Self.refusal(
        "The query selects a property that it compares by = or IN. Leave it out of the selection.",
        property)
    }
  }

  private func atoms(
    _ name: String, _ comparison: QueryFilter.Comparison, _ value: Value, _ use: inout Use
  ) throws(DatastoreError) -> [[Atom]] {
    try Self.check(name: name)
    if request.kind == nil, name != QueryRequest.keyProperty {
      throw Self.refusal(
        "A query without kind can compare __key__ alone: give it a kind, or leave this out.", name)
    }
    switch comparison {
    case .isIn:
      use.hasInOrOr = true
      use.equalities.insert(name)
      var seen: Set<Atom> = []
      return try elements(name, comparison, value, Self.maximumIn)
        .map { value throws(DatastoreError) in try atom(name, .equal, value) }
        .filter { seen.insert($0).inserted }.map { [$0] }
    case .isNotIn:
      use.hasNotIn = true
      use.negations.append(name)
      return [
        try elements(name, comparison, value, Self.maximumNotIn).map {
          value throws(DatastoreError) in try atom(name, .notEqual, value)
        }
      ]
    case .notEqual: use.negations.append(name)
    case .equal: use.equalities.insert(name)
    case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual: break
    }
    return [[try atom(name, comparison, value)]]
  }

  private func elements(
    _ name: String, _ comparison: QueryFilter.Comparison, _ value: Value, _ limit: Int
  ) throws(DatastoreError) -> [Value] {
    guard case .array(let values) = value, 1...limit ~= values.count else {
      let found =
        if case .array(let values) = value { "\(values.count) values" } else { value.typeName }
      throw Self.refusal(
        """
        \(comparison.rawValue) wants an array of 1 to \(limit) values and was given \(found). Ask \
        in several queries if it has more.
        """, name)
    }
    return values
  }

  private func atom(
    _ name: String, _ comparison: QueryFilter.Comparison, _ value: Value
  ) throws(DatastoreError) -> Atom {
    guard IndexCodec.isOrdered(value) else {
      throw Self.refusal(
        """
        A query cannot compare with \(value.typeName). Compare with one element, or with a property \
        of the nested entity as "\(name).inner".
        """, name)
    }
    if name == QueryRequest.keyProperty {
      guard case .key(let key) = value else {
        throw Self.refusal("The key was compared with \(value.typeName). Give it a key.", name)
      }
      try check(key: key, "The key that keys are compared with")
      let plain = plain(key)
      return .key(Self.ranges(comparison, from: plain, behind: plain + [0]))
    }
    let bytes = IndexCodec.encode(value)
    if comparison == .equal { return .equals(name, bytes) }
    return .lies(
      name, Self.ranges(comparison, from: bytes, behind: bytes + [IndexCodec.afterAll]))
  }

  /// - Parameters:
  ///   - from: The place of the value itself.
  ///   - behind: The first place that is not the value's any more.
  private static func ranges(
    _ comparison: QueryFilter.Comparison, from: [UInt8], behind: [UInt8]
  ) -> [ByteRange] {
    switch comparison {
    case .equal, .isIn: [ByteRange(lower: from, upper: behind)]
    case .notEqual, .isNotIn: [ByteRange(upper: from), ByteRange(lower: behind)]
    case .lessThan: [ByteRange(upper: from)]
    case .lessThanOrEqual: [ByteRange(upper: behind)]
    case .greaterThan: [ByteRange(lower: behind)]
    case .greaterThanOrEqual: [ByteRange(lower: from)]
    }
  }

  private func check(key: Key, _ what: String) throws(DatastoreError) {
    guard key.isComplete else {
      throw Self.refusal(
        "\(what) is incomplete: \(key). Give it an ID or a name.", QueryRequest.keyProperty)
    }
    guard identicalText(key.namespace, request.namespace) else {
      throw Self.refusal(
        """
        \(what) lies in the namespace "\(key.namespace)" and the query in "\(request.namespace)". \
        Give the query the namespace of the key.
        """, QueryRequest.keyProperty)
    }
  }

  private func plain(_ key: Key) -> [UInt8] {
    var writer = BlobWriter(capacity: 64)
    KeyCodec.encode(key, into: &writer)
    return writer.bytes
  }
}

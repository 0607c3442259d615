// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// Expands a filter that keeps all rules into an OR of ANDs.
///
/// It refuses nothing, because ``QueryRules`` has checked the filter before.
enum FilterExpansion {
  /// One comparison, encoded.
  private enum Atom: Hashable {
    case equals(ExactText, [UInt8])
    case lies(ExactText, [ByteRange])
    case key([ByteRange])
  }

  /// The ANDs. Without a filter, one AND that every entity fulfils.
  static func conjunctions(_ request: QueryRequest) -> [NormalizedQuery.Conjunction] {
    var writer = BlobWriter()
    KeyCodec.append(request.namespace, to: &writer)
    let space = [ByteRange.beginning(with: writer.bytes)]
    return (request.filter.map(disjuncts) ?? [[]]).map { conjunction($0, in: space) }
  }

  private static func conjunction(
    _ atoms: [Atom], in space: [ByteRange]
  ) -> NormalizedQuery.Conjunction {
    var conjunction = NormalizedQuery.Conjunction(keyRanges: space)
    for atom in atoms {
      switch atom {
      case .equals(let property, let value):
        let equality = NormalizedQuery.Conjunction.Equality(property: property.text, value: value)
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

  private static func disjuncts(_ filter: QueryFilter) -> [[Atom]] {
    switch filter {
    case .property(let name, .isIn, let values):
      var seen: Set<Atom> = []
      return (values.arrayValue ?? []).map { atom(name, .equal, $0) }
        .filter { seen.insert($0).inserted }.map { [$0] }
    case .property(let name, .isNotIn, let values):
      return [(values.arrayValue ?? []).map { atom(name, .notEqual, $0) }]
    case .property(let name, let comparison, let value):
      return [[atom(name, comparison, value)]]
    case .ancestor(let key):
      return [[.key([.beginning(with: KeyCodec.encode(key))])]]
    case .and(let parts):
      return parts.reduce([[]]) { product, part in
        let next = disjuncts(part)
        return product.flatMap { a in next.map { b in a + b } }
      }
    case .or(let parts):
      return parts.flatMap(disjuncts)
    }
  }

  private static func atom(
    _ name: String, _ comparison: QueryFilter.Comparison, _ value: Value
  ) -> Atom {
    if name == QueryRequest.keyProperty {
      let plain = value.keyValue.map { KeyCodec.encode($0) } ?? []
      return .key(ranges(comparison, from: plain, behind: plain + [0]))
    }
    let bytes = IndexCodec.encode(value)
    if comparison == .equal { return .equals(ExactText(name), bytes) }
    return .lies(
      ExactText(name), ranges(comparison, from: bytes, behind: bytes + [IndexCodec.afterAll]))
  }

  /// - Parameters:
  ///   - from: The first bytes of the value.
  ///   - behind: The first bytes after all bytes of the value.
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
}

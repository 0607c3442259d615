// SPDX-License-Identifier: Apache-2.0
public import ArrivalDatastore

/// A simple model of what queries find: it visits every entity, tries every combination of values,
/// and sorts.
///
/// The contract suite compares backends with it. It serves hundreds of entities. It has no cursors,
/// and does not refuse queries.
public struct ReferenceModel: Sendable {
  /// All entities.
  public var entities: [Entity]

  /// Makes a model of entities with different keys.
  public init(_ entities: [Entity]) { self.entities = entities }

  /// The results in order of a query that keeps all rules.
  public func results(_ request: QueryRequest) -> [Entity] {
    let disjuncts = request.filter.map(Self.disjuncts) ?? [[]]
    let orders = Self.orders(request, disjuncts)
    let identity = Self.identity(request)
    var rows: [Row] = []
    for entity in entities {
      guard let key = entity.key, key.namespace == request.namespace,
        request.kind == nil || key.kind == request.kind
      else { continue }
      for disjunct in disjuncts {
        rows += Self.rows(entity, key, disjunct, orders.map(\.property) + identity)
      }
    }
    rows.sort { a, b in
      for order in orders {
        let comparison = ReferenceOrder.compare(a.value(order.property), b.value(order.property))
        if comparison != 0 { return (comparison < 0) == (order.direction == .ascending) }
      }
      return false
    }
    var found: [Row] = []
    for row in rows {
      let isKnown = found.contains { other in
        ReferenceOrder.compare(row.key, other.key) == 0
          && identity.allSatisfy { ReferenceOrder.equal(row.value($0), other.value($0)) }
      }
      if isKnown { continue }
      let isInGroup = found.contains { other in
        !request.distinctOn.isEmpty
          && request.distinctOn.allSatisfy { ReferenceOrder.equal(row.value($0), other.value($0)) }
      }
      if !isInGroup { found.append(row) }
    }
    let rest = found.dropFirst(request.offset)
    return rest.prefix(request.limit ?? rest.count).map { $0.result(request) }
  }

  /// A value for each property that the results depend on.
  private struct Row {
    var entity: Entity
    var key: Key
    var choice: [ExactText: Value]

    func value(_ property: String) -> Value {
      property == "__key__" ? .key(key) : choice[ExactText(property)] ?? .null
    }

    func result(_ request: QueryRequest) -> Entity {
      if request.projection.isEmpty { return entity }
      var result = Entity(key)
      for property in request.projection where property != "__key__" {
        result[property] = value(property)
      }
      return result
    }
  }

  private static func identity(_ request: QueryRequest) -> [String] {
    (request.projection + request.distinctOn).filter { $0 != "__key__" }
  }

  /// The orders of the query, and the implicit orders that the documentation of `Query` describes.
  private static func orders(_ request: QueryRequest, _ disjuncts: [[Comparison]]) -> [QueryOrder] {
    var orders = request.orders
    orders += request.distinctOn.map { QueryOrder($0) }
    if request.orders.isEmpty {
      let compared = disjuncts.map { disjunct in
        Set(disjunct.filter { $0.isRange }.map { ExactText($0.property) })
      }
      let common = compared.reduce(compared[0]) { $0.intersection($1) }
      orders += common.subtracting([ExactText("__key__")]).sorted().map { QueryOrder($0.text) }
    }
    orders += identity(request).map { QueryOrder($0) }
    orders.append(QueryOrder("__key__", request.orders.last?.direction ?? .ascending))
    var seen: Set<ExactText> = []
    return orders.filter { seen.insert(ExactText($0.property)).inserted }
  }

  private static func rows(
    _ entity: Entity, _ key: Key, _ disjunct: [Comparison], _ named: [String]
  ) -> [Row] {
    var values: [ExactText: [Value]] = [ExactText("__key__"): [.key(key)]]
    collect(entity, prefix: "", into: &values)
    for comparison in disjunct where !comparison.isRange {
      guard values[ExactText(comparison.property), default: []].contains(where: comparison.holds)
      else {
        return []
      }
    }
    let ranges = disjunct.filter(\.isRange)
    var choices: [[ExactText: Value]] = [[:]]
    for property in Set((named + ranges.map(\.property)).map(ExactText.init)) {
      choices = choices.flatMap { choice in
        values[property, default: []].map { value in
          choice.merging([property: value]) { $1 }
        }
      }
    }
    return choices.filter { choice in
      ranges.allSatisfy { range in choice[ExactText(range.property)].map(range.holds) ?? false }
    }.map { Row(entity: entity, key: key, choice: $0) }
  }

  private static func collect(
    _ entity: Entity, prefix: String, into values: inout [ExactText: [Value]]
  ) {
    for (name, property) in entity.properties where property.isIndexed {
      collect(property.value, prefix + name, into: &values)
    }
  }

  private static func collect(
    _ value: Value, _ name: String, into values: inout [ExactText: [Value]]
  ) {
    switch value {
    case .array(let elements): for element in elements { collect(element, name, into: &values) }
    case .entity(let inner): collect(inner, prefix: name + ".", into: &values)
    default: values[ExactText(name), default: []].append(value)
    }
  }
}

extension ReferenceModel {
  /// One comparison of an AND.
  fileprivate struct Comparison {
    var property: String
    /// Whether it applies to the same value as other comparisons of its property.
    var isRange: Bool
    var holds: (Value) -> Bool
  }

  /// The filter as an OR of ANDs.
  fileprivate static func disjuncts(_ filter: QueryFilter) -> [[Comparison]] {
    switch filter {
    case .and(let parts):
      return parts.reduce([[]]) { product, part in
        product.flatMap { start in disjuncts(part).map { start + $0 } }
      }
    case .or(let parts): return parts.flatMap(disjuncts)
    case .ancestor(let ancestor):
      return [
        [
          Comparison(property: "__key__", isRange: false) { value in
            guard let key = value.keyValue else { return false }
            return key.namespace == ancestor.namespace
              && key.path.starts(with: ancestor.path)
          }
        ]
      ]
    case .property(let name, .isIn, let values):
      return (values.arrayValue ?? []).map { element in
        [Comparison(property: name, isRange: false) { ReferenceOrder.equal($0, element) }]
      }
    case .property(let name, let comparison, let value):
      return [
        [
          Comparison(property: name, isRange: comparison != .equal) { found in
            let order = ReferenceOrder.compare(found, value)
            switch comparison {
            case .equal: return order == 0
            case .notEqual: return order != 0
            case .lessThan: return order < 0
            case .lessThanOrEqual: return order <= 0
            case .greaterThan: return order > 0
            case .greaterThanOrEqual: return order >= 0
            case .isIn, .isNotIn:
              return !(value.arrayValue ?? []).contains { ReferenceOrder.equal($0, found) }
            }
          }
        ]
      ]
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Computes the results that one entity contributes to a query. It is pure, and the same for every
/// engine.
///
/// Unstable: this type may change in any minor release.
public struct QueryEvaluation {
  /// A result and its position among all results.
  public struct Row {
    public var position: [UInt8]
    public var entity: Entity
    /// Whether the entity has only its key here and must be read again.
    package private(set) var isAbridged = false

    package init(position: [UInt8], entity: Entity) {
      self.position = position
      self.entity = entity
    }

    /// A copy to keep in memory, with only the key of an entity larger than `bytes`.
    package func abridged(over bytes: Int) -> Row {
      guard entity.storageSize > bytes else { return self }
      var row = Row(position: position, entity: Entity(entity.key))
      row.isAbridged = true
      return row
    }
  }

  /// The most combinations of values that one entity may have.
  static let maxCombinations = 20_000

  private struct Indexed {
    var bytes: [UInt8]
    var value: Value
  }

  private let query: NormalizedQuery
  /// The index in `values` of each property that the query uses.
  private let slots: [ExactText: Int]

  public init(_ query: NormalizedQuery) {
    self.query = query
    var names = Set((query.identity + query.required).map(ExactText.init))
    for order in query.orders { names.insert(ExactText(order.property)) }
    for conjunction in query.conjunctions {
      names.formUnion(conjunction.ranges.keys)
      names.formUnion(conjunction.equalities.map { ExactText($0.property) })
    }
    names.remove(ExactText(QueryRequest.keyProperty))
    slots = Dictionary(uniqueKeysWithValues: zip(names, 0...))
  }

  /// The results that an entity contributes, in order, one for each combination of values.
  ///
  /// - Parameters:
  ///   - entity: A whole entity of the query's kind, with its key.
  ///   - key: The key in the form of ``KeyCodec``.
  /// - Throws: `DatastoreError` with `invalidArgument` if there are too many combinations.
  public func rows(_ entity: Entity, key: [UInt8]) throws(DatastoreError) -> [Row] {
    let values = values(of: entity)
    var best: [[UInt8]: Row] = [:]
    for conjunction in query.conjunctions {
      guard let fitting = fitting(values, conjunction, key: key) else { continue }
      for combination in try combinations(fitting, entity) {
        let position = position(fitting, combination, entity)
        let name = combination.flatMap(\.bytes)
        if let other = best[name], !ByteComparison.precedes(position, other.position) { continue }
        best[name] = Row(position: position, entity: result(entity, combination))
      }
    }
    return best.values.sorted { ByteComparison.precedes($0.position, $1.position) }
  }

  /// The values of a property with which the entity fulfils the filter. Equal values come once.
  package func matchedValues(_ property: String, _ entity: Entity, key: [UInt8]) -> [Value] {
    guard let slot = slots[ExactText(property)] else { return [] }
    let values = values(of: entity)
    var seen: Set<[UInt8]> = []
    return query.conjunctions.flatMap { fitting(values, $0, key: key)?[slot] ?? [] }
      .filter { seen.insert($0.bytes).inserted }.map(\.value)
  }

  private func values(of entity: Entity) -> [[Indexed]] {
    var values = [[Indexed]](repeating: [], count: slots.count)
    if slots.isEmpty { return values }
    entity.forEachIndexedValue { name, value in
      if let slot = slots[ExactText(name)] {
        values[slot].append(Indexed(bytes: IndexCodec.encode(value), value: value))
      }
    }
    for slot in values.indices where values[slot].count > 1 {
      var seen: Set<[UInt8]> = []
      values[slot] = values[slot].filter { seen.insert($0.bytes).inserted }
        .sorted { ByteComparison.precedes($0.bytes, $1.bytes) }
    }
    return values
  }

  /// The values in the ranges of the conjunction. `nil` if the conjunction is not fulfilled.
  private func fitting(
    _ values: [[Indexed]], _ conjunction: NormalizedQuery.Conjunction, key: [UInt8]
  ) -> [[Indexed]]? {
    guard conjunction.keyRanges.contains(key) else { return nil }
    for equality in conjunction.equalities {
      guard let slot = slots[ExactText(equality.property)],
        values[slot].contains(where: { $0.bytes == equality.value })
      else { return nil }
    }
    var fitting = values
    for (property, ranges) in conjunction.ranges {
      guard let slot = slots[property] else { return nil }
      fitting[slot].removeAll { !ranges.contains($0.bytes) }
      if fitting[slot].isEmpty { return nil }
    }
    let needed = query.orders.lazy.map(\.property) + query.identity + query.required
    for property in needed where property != QueryRequest.keyProperty {
      guard let slot = slots[ExactText(property)], !fitting[slot].isEmpty else { return nil }
    }
    return fitting
  }

  /// All combinations of one value of each property of the identity. One empty combination without
  /// such properties.
  private func combinations(
    _ fitting: [[Indexed]], _ entity: Entity
  ) throws(DatastoreError) -> [[Indexed]] {
    var combinations: [[Indexed]] = [[]]
    for property in query.identity {
      guard let slot = slots[ExactText(property)] else { continue }
      guard combinations.count * fitting[slot].count <= Self.maxCombinations else {
        throw DatastoreError(
          .invalidArgument,
          """
          The entity has over \(Self.maxCombinations) combinations of values of the selected \
          properties. Select fewer properties with arrays.
          """, key: entity.key, property: property)
      }
      combinations = combinations.flatMap { start in fitting[slot].map { start + [$0] } }
    }
    return combinations
  }

  private func position(
    _ fitting: [[Indexed]], _ combination: [Indexed], _ entity: Entity
  ) -> [UInt8] {
    var position: [UInt8] = []
    for order in query.orders {
      let bytes: [UInt8]
      if order.property == QueryRequest.keyProperty {
        bytes = entity.key.map { IndexCodec.encode(.key($0)) } ?? []
      } else if let index = query.identity.firstIndex(where: {
        identicalText($0, order.property)
      }) {
        bytes = combination[index].bytes
      } else {
        let values = slots[ExactText(order.property)].map { fitting[$0] } ?? []
        bytes = (order.isDescending ? values.last : values.first)?.bytes ?? []
      }
      QueryPosition.append(bytes, isDescending: order.isDescending, to: &position)
    }
    if query.orders.last?.property != QueryRequest.keyProperty {
      position.append(QueryPosition.end)
    }
    return position
  }

  private func result(_ entity: Entity, _ combination: [Indexed]) -> Entity {
    if query.isKeysOnly { return Entity(entity.key) }
    if query.projection.isEmpty { return entity }
    // The projected properties are the first of the identity.
    let properties = zip(query.projection, combination).map { name, indexed in
      (name, Entity.Property(indexed.value))
    }
    return Entity(entity.key, Entity.Properties(properties))
  }
}

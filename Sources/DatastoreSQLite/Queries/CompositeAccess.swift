// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The access path to a conjunction's results through a composite index.
  struct CompositeAccess {
    var path: AccessPath
    /// The values that all rows in question begin with.
    var prefix: [UInt8]
    /// Whether the index answers the whole filter.
    var isCovering: Bool
    /// How many conditions of the filter the index answers.
    var answered: Int
    /// `false` if no entity ever had a row in the index.
    var isKnown: Bool

    /// The best composite index for each conjunction, `nil` where none fits.
    ///
    /// The candidates of all conjunctions are merged. So with several orders either all
    /// conjunctions come in all of these orders, or each comes in the first one alone.
    static func best(
      for query: NormalizedQuery, _ propertyIDs: PropertyIDs, _ connection: Database
    ) throws -> [CompositeAccess?] {
      let none = [CompositeAccess?](repeating: nil, count: query.conjunctions.count)
      guard let kind = query.request.kind else { return none }
      let orders = query.orders.dropLast()
      guard query.orders.last?.property == QueryRequest.keyProperty,
        orders.count < 2 || orders.last?.isDescending == query.orders.last?.isDescending
      else { return none }
      let indexes = try CompositeIndexTable.ready(connection, kind: kind)
      if indexes.isEmpty { return none }
      let chosen = try query.conjunctions.map { conjunction in
        try indexes.compactMap { index in
          try CompositeMatch(index, conjunction, Array(orders), query)
            .access(propertyIDs, connection)
        }.max { $0.answered < $1.answered }
      }
      return orders.count > 1 && chosen.contains { $0 == nil } ? none : chosen
    }
  }

  /// Compares a composite index with a conjunction and the orders of its query.
  ///
  /// The index must have the orders as its last properties. The properties before them, the leading
  /// ones, must be compared with `==`.
  private struct CompositeMatch {
    private let index: CompositeIndex
    private let conjunction: NormalizedQuery.Conjunction
    private let orders: [NormalizedQuery.Order]
    private let query: NormalizedQuery
    private let inverted: [Bool]

    init(
      _ index: CompositeIndex, _ conjunction: NormalizedQuery.Conjunction,
      _ orders: [NormalizedQuery.Order], _ query: NormalizedQuery
    ) {
      self.index = index
      self.conjunction = conjunction
      self.orders = orders
      self.query = query
      inverted = index.inverted
    }

    private var properties: [QueryOrder] { index.definition.properties }
    private var includesAncestors: Bool { index.definition.includesAncestors }
    private var leading: Int { properties.count - orders.count }
    private var invertedOrders: ArraySlice<Bool> { inverted.suffix(orders.count) }

    /// `nil` if the index does not fit.
    func access(_ propertyIDs: PropertyIDs, _ connection: Database) throws -> CompositeAccess? {
      guard isLongEnough, matchesOrders, let prefix = prefix() else { return nil }
      let id = try propertyIDs.find(
        index.path(namespace: query.request.namespace), connection)
      guard let path = path(id ?? 0, prefix) else { return nil }
      return CompositeAccess(
        path: path, prefix: prefix, isCovering: isCovering,
        answered: leading + (includesAncestors ? 1 : 0), isKnown: id != nil)
    }

    /// Whether the index answers more than the first order, which an index of one property does
    /// too.
    private var isLongEnough: Bool {
      leading >= 0 && (leading > 0 || includesAncestors || orders.count > 1)
    }

    /// Whether the orders are the last properties, all in their directions or all in reverse.
    private var matchesOrders: Bool {
      zip(orders, zip(properties[leading...], invertedOrders)).allSatisfy { order, rest in
        let (property, isInverted) = rest
        return identicalText(order.property, property.property)
          && (order.isDescending != orders.last?.isDescending) == isInverted
      }
    }

    /// The values of the ancestor and of the leading properties; `nil` if the filter lacks one.
    private func prefix() -> [UInt8]? {
      var prefix: [UInt8] = []
      if includesAncestors {
        guard let ancestor = query.ancestor(conjunction) else { return nil }
        prefix = IndexCodec.encode(.key(ancestor))
      }
      let invertedLeading = inverted.dropLast(orders.count).suffix(leading)
      for (property, isInverted) in zip(properties[..<leading], invertedLeading) {
        guard
          let equality = conjunction.equalities.first(where: {
            identicalText($0.property, property.property)
          })
        else { return nil }
        QueryPosition.append(equality.value, isDescending: isInverted, to: &prefix)
      }
      return prefix
    }

    private var isCovering: Bool {
      leading == conjunction.equalities.count
        && (includesAncestors || !query.restrictsKeys(conjunction))
        && conjunction.ranges.keys.allSatisfy { $0 == orders.first.map { ExactText($0.property) } }
    }

    /// `nil` if a range of the first order has a bound that cannot be inverted.
    private func path(_ id: Int64, _ prefix: [UInt8]) -> AccessPath? {
      guard let first = orders.first else {
        return AccessPath(
          tree: .property(id, sharedValue: prefix.count),
          ranges: conjunction.keyRanges.map { $0.prefixed(by: prefix) }, sharedValue: prefix,
          properties: properties)
      }
      var ranges = conjunction.ranges[ExactText(first.property)] ?? [ByteRange()]
      if invertedOrders.first == true {
        let reversed = ranges.reversed().map { $0.inverted() }
        ranges = reversed.compactMap { $0 }
        guard ranges.count == reversed.count else { return nil }
      }
      for index in ranges.indices where ranges[index].lower.isEmpty {
        ranges[index].lower = [ByteRange.beforeAll]
      }
      return AccessPath(
        tree: .composite(id, prefix: prefix.count, inverted: Array(invertedOrders)),
        ranges: ranges.map { $0.prefixed(by: prefix) }, properties: properties)
    }
  }
#endif

#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension QueryPlan {
    /// An index over several properties in which the places of a conjunction stand in order.
    struct Composite {
      var way: Way
      /// The values that all its rows in question begin with.
      var prefix: [UInt8]
      /// Whether nothing of the filter is left to be asked elsewhere.
      var isCovering: Bool
      /// How much of the filter it answers.
      var answered: Int
      /// `false` if no entity ever had a row in it.
      var isKnown: Bool
    }

    /// The best index for each conjunction.
    ///
    /// Of several orders either all conjunctions come in all of them, or each in the first alone, for
    /// their candidates are merged.
    static func composites(
      _ query: NormalizedQuery, _ names: IndexNames, _ connection: Database
    ) throws -> [Composite?] {
      let none = [Composite?](repeating: nil, count: query.conjunctions.count)
      guard let kind = query.request.kind else { return none }
      let orders = query.orders.dropLast()
      guard query.orders.last?.property == QueryRequest.keyProperty,
        orders.count < 2 || orders.last?.isDescending == query.orders.last?.isDescending
      else { return none }
      let indexes = try CompositeTable.ready(connection, kind: kind)
      if indexes.isEmpty { return none }
      let chosen = try query.conjunctions.map { conjunction in
        try indexes.compactMap {
          try composite($0, conjunction, Array(orders), query, names, connection)
        }.max { $0.answered < $1.answered }
      }
      return orders.count > 1 && chosen.contains { $0 == nil } ? none : chosen
    }

    /// `nil` if the index does not fit.
    private static func composite(
      _ index: CompositeIndex, _ conjunction: NormalizedQuery.Conjunction,
      _ orders: [NormalizedQuery.Order], _ query: NormalizedQuery, _ names: IndexNames,
      _ connection: Database
    ) throws -> Composite? {
      let properties = index.index.properties
      let leading = properties.count - orders.count
      guard leading >= 0, leading > 0 || index.index.includesAncestors || orders.count > 1 else {
        return nil
      }
      let turned = index.turned
      // The orders are the last properties, all in their directions or all against them.
      let lastTurned = turned.suffix(orders.count)
      for (order, (property, isTurned)) in zip(orders, zip(properties[leading...], lastTurned)) {
        guard IndexNameTable.isSame(order.property, property.property),
          (order.isDescending != orders.last?.isDescending) == isTurned
        else { return nil }
      }
      let ancestor = query.ancestor(conjunction)
      var prefix: [UInt8] = []
      if index.index.includesAncestors {
        guard let ancestor else { return nil }
        prefix = IndexCodec.encode(.key(ancestor))
      }
      for (property, isTurned) in zip(
        properties[..<leading], turned.dropLast(orders.count).suffix(leading))
      {
        guard
          let equality = conjunction.equalities.first(where: {
            IndexNameTable.isSame($0.property, property.property)
          })
        else { return nil }
        QueryPosition.append(equality.value, isDescending: isTurned, to: &prefix)
      }
      let isNarrow = query.hasNarrowKeys(conjunction)
      let isCovering =
        leading == conjunction.equalities.count
        && (!isNarrow || (index.index.includesAncestors && ancestor != nil))
        && conjunction.ranges.keys.allSatisfy { $0 == orders.first?.property }
      let number = try names.find(
        index.path(namespace: query.request.namespace), connection)
      let way: Way
      if let first = orders.first {
        var ranges = conjunction.ranges[first.property] ?? [ByteRange()]
        if lastTurned.first == true {
          let reversed = ranges.reversed().map { $0.turnedOver() }
          ranges = reversed.compactMap { $0 }
          guard ranges.count == reversed.count else { return nil }
        }
        for place in ranges.indices where ranges[place].lower.isEmpty {
          ranges[place].lower = [ByteRange.beforeAll]
        }
        way = Way(
          tree: .composite(number ?? 0, prefix: prefix.count, turned: Array(lastTurned)),
          ranges: ranges.map { $0.prefixed(by: prefix) })
      } else {
        way = Way(
          tree: .property(number ?? 0, sharedValue: prefix.count),
          ranges: conjunction.keyRanges.map { $0.prefixed(by: prefix) }, sharedValue: prefix)
      }
      return Composite(
        way: way, prefix: prefix, isCovering: isCovering,
        answered: leading + (index.index.includesAncestors ? 1 : 0), isKnown: number != nil)
    }
  }

  extension NormalizedQuery {
    /// The one ancestor whose descendants are all that a conjunction allows; `nil` if it allows
    /// others, or not all of them.
    fileprivate func ancestor(_ conjunction: Conjunction) -> Key? {
      guard conjunction.keyRanges.count == 1, let range = conjunction.keyRanges.first,
        range == .beginning(with: range.lower)
      else { return nil }
      let key = range.lower.withUnsafeBytes { try? KeyCodec.decode($0) }
      return key.flatMap { $0.isComplete ? $0 : nil }
    }
  }

  extension ByteRange {
    /// Less than what a value begins with, and greater than the zero byte with which those longer
    /// texts go on that a text turned over begins.
    fileprivate static let beforeAll: UInt8 = 1

    /// The range of the same values turned over; `nil` where a bound is neither all, nor before a
    /// value, nor behind it.
    fileprivate func turnedOver() -> ByteRange? {
      var turned = ByteRange()
      if !lower.isEmpty {
        guard let bound = Self.turnedOver(lower) else { return nil }
        turned.upper = bound
      }
      if let upper {
        guard let bound = Self.turnedOver(upper) else { return nil }
        turned.lower = bound
      }
      return turned
    }

    /// Before a value becomes behind it, and the other way round.
    private static func turnedOver(_ bound: [UInt8]) -> [UInt8]? {
      if isValue(bound) { return bound.map { ~$0 } + [IndexCodec.afterAll] }
      let value = bound.dropLast()
      guard bound.last == IndexCodec.afterAll, isValue(Array(value)) else { return nil }
      return value.map { ~$0 } + [Self.beforeAll]
    }

    private static func isValue(_ bytes: [UInt8]) -> Bool {
      let length = bytes.withUnsafeBytes { try? IndexCodec.length(of: $0, from: 0) }
      return length == bytes.count
    }
  }
#endif

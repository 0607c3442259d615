// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Selects the results between the cursors of a query, and the first result of each distinct
/// combination.
///
/// The results have to come in the order of their positions, each position once.
///
/// Unstable: this type may change in any minor release.
public struct QuerySelection {
  /// The decision on a result.
  public enum Verdict: Sendable {
    /// It is a result of the query.
    case take
    /// It is not a result of the query. Later ones may be.
    case passOver
    /// It is after the end cursor, and so are all later ones.
    case end
  }

  /// The position before all results. Empty without a start cursor.
  public let start: [UInt8]
  private let end: [UInt8]?
  private let excludesEnd: Bool
  private let distinctOrders: ArraySlice<NormalizedQuery.Order>
  private var lastCombination: [UInt8]?

  /// Reads the query's cursors.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for a cursor of another query.
  public init(_ query: NormalizedQuery) throws(DatastoreError) {
    start =
      try query.request.startCursor.map { cursor throws(DatastoreError) in
        try QueryPosition.position(cursor, of: query)
      } ?? []
    end = try query.request.endCursor.map { cursor throws(DatastoreError) in
      try QueryPosition.position(cursor, of: query)
    }
    excludesEnd = query.request.excludesEnd
    distinctOrders = query.orders.prefix(query.distinctOrders)
    do throws(CorruptBlob) {
      lastCombination = try combination(start)
    } catch {
      throw DatastoreError(
        .invalidArgument, "The start cursor is damaged: \(error.reason). Begin without a cursor.")
    }
  }

  /// Decides on the next result.
  ///
  /// - Throws: ``CorruptBlob`` for bytes that are not a position of the query.
  public mutating func verdict(on position: [UInt8]) throws(CorruptBlob) -> Verdict {
    guard ByteComparison.precedes(start, position) else { return .passOver }
    if let end, Self.ends(end, excludesEnd, before: position) { return .end }
    guard let combination = try self.combination(position) else { return .take }
    defer { lastCombination = combination }
    return combination == lastCombination ? .passOver : .take
  }

  /// The part of a position with the values of the distinct properties. `nil` without such
  /// properties, and for the empty position.
  ///
  /// - Throws: ``CorruptBlob`` for bytes that are not a position of the query.
  package func combination(_ position: [UInt8]) throws(CorruptBlob) -> [UInt8]? {
    if distinctOrders.isEmpty || position.isEmpty { return nil }
    let components = try QueryPosition.components(position, distinctOrders)
    return Array(position.prefix(components.reduce(0) { $0 + $1.count }))
  }

  /// Whether a query that ends at a position has ended before another one.
  package static func ends(_ end: [UInt8], _ excludesEnd: Bool, before position: [UInt8]) -> Bool {
    excludesEnd
      ? !ByteComparison.precedes(position, end) : ByteComparison.precedes(end, position)
  }
}

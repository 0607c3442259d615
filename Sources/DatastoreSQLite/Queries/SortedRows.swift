// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// The results with equal order values, sorted by the remaining orders. It keeps no more than
  /// wanted.
  struct SortedRows {
    private let query: NormalizedQuery
    private let limit: Int?
    private var rows: [QueryEvaluation.Row] = []
    /// Whether there were more than wanted.
    private(set) var hasDropped = false

    var count: Int { rows.count }

    init(_ query: NormalizedQuery, limit: Int?) {
      self.query = query
      self.limit = limit
    }

    mutating func add(_ row: QueryEvaluation.Row) throws {
      rows.append(row)
      // One row more than wanted is kept: the first may be dropped, because it belongs to the same
      // combination as the cursor.
      if let limit, (rows.count - 1_000) / 2 > limit {
        try sort()
        let surplus = max(0, rows.count - limit - 1)
        rows.removeLast(surplus)
        if surplus > 0 { hasDropped = true }
      }
    }

    mutating func removeAll() throws -> [QueryEvaluation.Row] {
      try sort()
      defer { rows = [] }
      return rows
    }

    /// Sorts, and keeps one row for each position, or the first of each distinct combination.
    private mutating func sort() throws {
      rows.sort { ByteComparison.precedes($0.position, $1.position) }
      let isDistinct = query.distinctOrders > 0
      var kept: [QueryEvaluation.Row] = []
      var last: [UInt8]?
      for row in rows {
        let mark = isDistinct ? try query.distinctPrefix(of: row.position) : row.position
        if let last, last == mark { continue }
        last = mark
        kept.append(row)
      }
      rows = kept
    }
  }

  extension NormalizedQuery {
    /// The first orders of a position. Each combination of their values is one result.
    /// `nil` for the position before all results.
    func distinctPrefix(of position: [UInt8]) throws -> [UInt8]? {
      if position.isEmpty { return nil }
      do throws(CorruptBlob) {
        let components = try QueryPosition.components(position, orders.prefix(distinctOrders))
        return Array(position.prefix(components.reduce(0) { $0 + $1.count }))
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }
#endif

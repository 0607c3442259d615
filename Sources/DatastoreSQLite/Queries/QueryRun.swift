#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// One pass through the results of a query, in order, inside a reading transaction.
  struct QueryRun {
    private let query: NormalizedQuery
    private let plan: QueryPlan
    private let reader: EntityReader
    private let start: [UInt8]
    private let end: [UInt8]?
    /// The probes that each candidate has to pass before its entity is read; none if the filter is
    /// an OR, for then reading has to tell.
    private let probes: [IndexProbe]
    let cost = QueryCost()

    /// The size of entities that are read again rather than kept in memory until it is their turn.
    private static let keptBytes = 4_096

    init(
      _ query: NormalizedQuery, _ connection: Database, _ names: IndexNames,
      method: QueryPlan.Method = .cheapest
    ) throws {
      self.query = query
      start =
        try query.request.startCursor.map { cursor throws(DatastoreError) in
          try QueryPosition.position(cursor, of: query)
        } ?? []
      end = try query.request.endCursor.map { cursor throws(DatastoreError) in
        try QueryPosition.position(cursor, of: query)
      }
      reader = try EntityReader(connection, cost)
      plan = try QueryPlan(query, connection, names, reader, cost, start: start, method: method)
      probes =
        query.conjunctions.count == 1 ? try plan.probes(query.conjunctions[0]) : []
    }

    /// What the receiver of a result answers.
    enum Answer { case goOn, stop }

    /// Where a pass ended.
    enum Ending { case stopped, atEndCursor, exhausted }

    /// Visits the results behind the start cursor.
    ///
    /// - Parameter atMost: How many results the receiver will take, its offset included; it bounds
    ///   what is sorted in memory.
    func visit(
      atMost: Int?, needsEntities: Bool,
      _ receive: (QueryEvaluation.Row) throws -> Answer
    ) throws -> Ending {
      var merge = try plan.candidates(atMost: atMost)
      var group = SortedRows(query, limit: atMost)
      var current: Candidate?
      var lastDistinct = query.distinctOrders > 0 ? try distinct(start) : nil

      func hand(_ row: QueryEvaluation.Row) throws -> Ending? {
        guard KeyTable.precedes(start, row.position) else { return nil }
        if let end, KeyTable.precedes(end, row.position) { return .atEndCursor }
        if query.distinctOrders > 0 {
          let mark = try distinct(row.position)
          if mark == lastDistinct { return nil }
          lastDistinct = mark
        }
        return try receive(row.isAbridged ? try whole(row) : row) == .stop ? .stopped : nil
      }
      func flush() throws -> Ending? {
        for row in try group.removeAll(distinct) { if let ending = try hand(row) { return ending } }
        return nil
      }

      while let candidate = try merge.next() {
        if plan.isSorted || query.isOrderFree {
          for row in try rows(candidate, needsEntities) {
            if let ending = try hand(row) { return ending }
          }
          continue
        }
        if let other = current, !plan.isOneGroup(candidate, other) {
          if let ending = try flush() { return ending }
        }
        current = candidate
        for row in try rows(candidate, needsEntities) where KeyTable.precedes(start, row.position) {
          try group.add(row.abridged(over: Self.keptBytes), distinct)
          cost.numbers.kept = max(cost.numbers.kept, group.count)
        }
      }
      return try flush() ?? .exhausted
    }

    /// The first orders of a position, of which each combination comes once; none before all.
    private func distinct(_ position: [UInt8]) throws -> [UInt8]? {
      if position.isEmpty { return nil }
      do throws(CorruptBlob) {
        let components = try QueryPosition.components(
          position, query.orders.prefix(query.distinctOrders))
        return Array(position.prefix(components.reduce(0) { $0 + $1.count }))
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }

    /// A result whose entity was not kept, read again.
    private func whole(_ row: QueryEvaluation.Row) throws -> QueryEvaluation.Row {
      guard let key = row.entity.key else { return row }
      var writer = BlobWriter()
      KeyCodec.encode(key, into: &writer)
      let rows = try plan.evaluation.rows(reader.read(writer.bytes, number: 0), key: writer.bytes)
      return rows.first { $0.position == row.position } ?? row
    }

    /// The results that a candidate is at its place.
    private func rows(
      _ candidate: Candidate, _ needsEntities: Bool
    ) throws -> [QueryEvaluation.Row] {
      if query.conjunctions.count == 1,
        !query.conjunctions[0].keyRanges.contains(candidate.key)
      {
        return []
      }
      for probe in probes where try !candidate.key.withUnsafeBytes(probe.has) { return [] }
      if !needsEntities, plan.needsNoEntity, !candidate.isOneOfSeveral {
        let key = try reader.key(candidate.key)
        var position: [UInt8] = []
        for part in [candidate.first, IndexCodec.encode(.key(key))] {
          QueryPosition.append(part, isDescending: plan.isDescending, to: &position)
        }
        return [QueryEvaluation.Row(position: position, entity: Entity(key))]
      }
      let entity = try reader.read(candidate.key, number: candidate.number)
      return try plan.evaluation.rows(entity, key: candidate.key).filter {
        try plan.firstComponents($0.position) == candidate.first
      }
    }
  }

  /// The results of equal first orders, sorted by the rest; no more than are wanted are kept.
  private struct SortedRows {
    private let isDistinct: Bool
    private let limit: Int?
    private var rows: [QueryEvaluation.Row] = []

    var count: Int { rows.count }

    init(_ query: NormalizedQuery, limit: Int?) {
      isDistinct = query.distinctOrders > 0
      self.limit = limit
    }

    mutating func add(
      _ row: QueryEvaluation.Row, _ distinct: ([UInt8]) throws -> [UInt8]?
    ) throws {
      rows.append(row)
      // One of the kept may go for being in the group of the cursor.
      if let limit, (rows.count - 1_000) / 2 > limit {
        try sort(distinct)
        rows.removeLast(max(0, rows.count - limit - 1))
      }
    }

    mutating func removeAll(
      _ distinct: ([UInt8]) throws -> [UInt8]?
    ) throws -> [QueryEvaluation.Row] {
      try sort(distinct)
      defer { rows = [] }
      return rows
    }

    /// Sorts, and keeps each place once, or the first of each combination.
    private mutating func sort(_ distinct: ([UInt8]) throws -> [UInt8]?) throws {
      rows.sort { KeyTable.precedes($0.position, $1.position) }
      var kept: [QueryEvaluation.Row] = []
      var last: [UInt8]?
      for row in rows {
        let mark = isDistinct ? try distinct(row.position) : row.position
        if let last, last == mark { continue }
        last = mark
        kept.append(row)
      }
      rows = kept
    }
  }
#endif

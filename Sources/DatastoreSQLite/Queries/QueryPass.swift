// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension QueryRun {
    /// Visits the results after the start cursor, in order.
    ///
    /// - Parameter atMost: How many results the receiver will take, including its offset. It bounds
    ///   how many are sorted in memory.
    func visit(
      atMost: Int?, needsEntities: Bool,
      _ receive: (QueryEvaluation.Row) throws -> ResultDemand
    ) throws -> ResultEnding {
      var candidates = try plan.candidates(atMost: atMost)
      var pass = try QueryPass(self, atMost: atMost, needsEntities: needsEntities)
      while let candidate = try candidates.next() {
        if let ending = try pass.visit(candidate, receive) {
          return pass.isDrained && candidates.isEmpty && ending == .stopped ? .exhausted : ending
        }
      }
      let ending = try pass.finish(receive)
      return pass.isDrained && ending == .stopped ? .exhausted : ending ?? .exhausted
    }
  }

  /// One pass through the results of a query. Sorts the results of candidates with equal order
  /// values.
  private struct QueryPass {
    typealias Receiver = (QueryEvaluation.Row) throws -> ResultDemand

    /// Larger entities are read again when it is their turn, rather than kept in memory.
    private static let maxKeptBytes = 4_096

    private let run: QueryRun
    private let needsEntities: Bool
    private let sortsNothing: Bool
    private var group: SortedRows
    private var current: Candidate?
    private var lastDistinct: [UInt8]?
    /// Results of an earlier state that only the history has, the first one last.
    private var historic: [QueryEvaluation.Row] = []
    /// Whether the receiver stopped although there are results at hand.
    private var hasMore = false

    /// Whether the receiver has got all results of the candidates so far.
    var isDrained: Bool { !hasMore && !group.hasDropped && historic.isEmpty }

    init(_ run: QueryRun, atMost: Int?, needsEntities: Bool) throws {
      self.run = run
      self.needsEntities = needsEntities
      sortsNothing = run.plan.isSorted || run.query.isOrderFree
      group = SortedRows(run.query, limit: atMost)
      lastDistinct =
        run.query.distinctOrders > 0 ? try run.query.distinctPrefix(of: run.start) : nil
      if let past = run.past {
        historic = try past.rows(run.query, run.plan.evaluation, run.plan.connection).reversed()
      }
    }

    /// Emits the results of a candidate, or keeps them until their group is complete.
    mutating func visit(
      _ candidate: Candidate, _ receive: Receiver
    ) throws -> ResultEnding? {
      if sortsNothing {
        return try emit(run.rows(candidate, needsEntities: needsEntities), receive)
      }
      if let current, !run.plan.isOneGroup(candidate, current) {
        if let ending = try finishGroup(receive) {
          hasMore = true
          return ending
        }
      }
      current = candidate
      for row in try run.rows(candidate, needsEntities: needsEntities)
      where ByteComparison.precedes(run.start, row.position) {
        try group.add(row.abridged(over: Self.maxKeptBytes))
        run.cost.counts.kept = max(run.cost.counts.kept, group.count)
      }
      return nil
    }

    /// Emits the results kept so far, sorted.
    mutating func finishGroup(_ receive: Receiver) throws -> ResultEnding? {
      try emit(group.removeAll(), receive)
    }

    /// Emits all results that are left.
    mutating func finish(_ receive: Receiver) throws -> ResultEnding? {
      if let ending = try finishGroup(receive) { return ending }
      while let row = historic.popLast() {
        if let ending = try emitInOrder(row, receive) { return ending }
      }
      return nil
    }

    private mutating func emit(
      _ rows: [QueryEvaluation.Row], _ receive: Receiver
    ) throws -> ResultEnding? {
      for (index, row) in rows.enumerated() {
        while let other = historic.last, ByteComparison.precedes(other.position, row.position) {
          historic.removeLast()
          if let ending = try emitInOrder(other, receive) {
            hasMore = true
            return ending
          }
        }
        if let ending = try emitInOrder(row, receive) {
          hasMore = index + 1 < rows.count
          return ending
        }
      }
      return nil
    }

    private mutating func emitInOrder(
      _ row: QueryEvaluation.Row, _ receive: Receiver
    ) throws -> ResultEnding? {
      guard ByteComparison.precedes(run.start, row.position) else { return nil }
      if let end = run.end,
        QuerySelection.ends(end, run.query.request.excludesEnd, before: row.position)
      {
        return .atEndCursor
      }
      if run.query.distinctOrders > 0 {
        let distinct = try run.query.distinctPrefix(of: row.position)
        if distinct == lastDistinct { return nil }
        lastDistinct = distinct
      }
      return try receive(row.isAbridged ? try run.reload(row) : row) == .stop ? .stopped : nil
    }
  }
#endif

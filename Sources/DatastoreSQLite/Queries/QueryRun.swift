// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// One run of a query inside a reading transaction: makes results of the candidates of its plan.
  struct QueryRun {
    let query: NormalizedQuery
    let plan: QueryPlan
    private let reader: EntityReader
    let start: [UInt8]
    let end: [UInt8]?
    /// The probes that a candidate must pass before its entity is read.
    ///
    /// There are none if the filter is an OR, because only the entity can tell then.
    private let probes: [IndexProbe]
    let cost = QueryCost()
    /// The state to read; `nil` for the present one.
    let past: PastState?

    init(
      _ query: NormalizedQuery, _ connection: Database, _ propertyIDs: PropertyIDs,
      at past: PastState? = nil, strategy: QueryPlan.Strategy = .cheapest
    ) throws {
      self.query = query
      self.past = past
      try past?.check(connection)
      start =
        try query.request.startCursor.map { cursor throws(DatastoreError) in
          try QueryPosition.position(cursor, of: query)
        } ?? []
      end = try query.request.endCursor.map { cursor throws(DatastoreError) in
        try QueryPosition.position(cursor, of: query)
      }
      reader = try EntityReader(connection, cost, in: past)
      plan = try QueryPlan(
        query, connection, propertyIDs, reader, cost, start: start, strategy: strategy)
      probes =
        query.conjunctions.count == 1 ? try plan.probes(query.conjunctions[0]) : []
    }

    /// The indexes of the probes, as explanations name them.
    var probed: [String] {
      if probes.isEmpty { return [] }
      return query.conjunctions[0].equalities.map {
        Explanation.index([QueryOrder($0.property)])
      }
    }

    /// The results of a candidate at its position.
    func rows(
      _ candidate: Candidate, needsEntities: Bool
    ) throws -> [QueryEvaluation.Row] {
      if query.conjunctions.count == 1,
        !query.conjunctions[0].keyRanges.contains(candidate.key)
      {
        return []
      }
      for probe in probes where try !candidate.key.withUnsafeBytes(probe.matches) { return [] }
      if !needsEntities, past == nil, plan.needsNoEntity, !candidate.isMultiValued {
        let key = try reader.key(candidate.key)
        var position: [UInt8] = []
        for value in [candidate.orderValues, IndexCodec.encode(.key(key))] {
          QueryPosition.append(value, isDescending: plan.isDescending, to: &position)
        }
        return [QueryEvaluation.Row(position: position, entity: Entity(key))]
      }
      guard let entity = try reader.read(candidate.key, rowID: candidate.rowID) else { return [] }
      return try plan.evaluation.rows(entity, key: candidate.key).filter {
        try plan.orderValues(of: $0.position) == candidate.orderValues
      }
    }

    /// The time at which another run finds the same.
    func readTime() throws -> Timestamp {
      Timestamp(microseconds: try past?.time ?? CommitClock(plan.connection).committed)
    }

    /// Reads the entity of an abridged result again.
    func reload(_ row: QueryEvaluation.Row) throws -> QueryEvaluation.Row {
      guard let key = row.entity.key else { return row }
      var writer = BlobWriter()
      KeyCodec.encode(key, into: &writer)
      guard let entity = try reader.read(writer.bytes, rowID: 0) else { return row }
      let rows = try plan.evaluation.rows(entity, key: writer.bytes)
      return rows.first { $0.position == row.position } ?? row
    }
  }
#endif

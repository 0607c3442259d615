// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Answers queries over entities in memory by visiting each of them.
///
/// Unstable: this type may change in any minor release.
public struct EntityScan {
  private let query: NormalizedQuery
  private let evaluation: QueryEvaluation

  /// Prepares the scan for a query.
  public init(_ query: NormalizedQuery) {
    self.query = query
    evaluation = QueryEvaluation(query)
  }

  /// The results of the query in order, with its cursors and distinct properties applied, but
  /// without its offset and limit.
  ///
  /// - Parameter entities: All entities in any order, each with its key in the form of
  ///   ``KeyCodec``.
  /// - Throws: `DatastoreError` with `invalidArgument` for a cursor of another query, or if the
  ///   values of one entity have too many combinations.
  public func rows(
    _ entities: some Sequence<(key: [UInt8], entity: Entity)>
  ) throws(DatastoreError) -> [QueryEvaluation.Row] {
    try select(entities).rows
  }

  /// The reply to the query.
  ///
  /// - Throws: As ``rows(_:)``.
  public func reply(
    _ entities: some Sequence<(key: [UInt8], entity: Entity)>
  ) throws(DatastoreError) -> QueryReply {
    if var nearest = NearestBuilder(query) {
      for row in try select(entities).rows { nearest.add(row) }
      return nearest.reply()
    }
    var builder = QueryReplyBuilder(query)
    if builder.wantsNothing { return builder.reply(.stopped) }
    let (rows, isCut) = try select(entities)
    for (index, row) in rows.enumerated() where builder.add(row) == .stop {
      let isLast = index + 1 == rows.count && !isCut
      return builder.reply(isLast ? .exhausted : .stopped)
    }
    return builder.reply(isCut ? .atEndCursor : .exhausted)
  }

  /// The reply to an aggregation over the query's results.
  ///
  /// - Throws: As ``rows(_:)``.
  public func reply(
    _ aggregations: [Aggregation], over entities: some Sequence<(key: [UInt8], entity: Entity)>
  ) throws(DatastoreError) -> AggregationReply {
    var builder = AggregationBuilder(aggregations, over: query, evaluation: evaluation)
    if builder.wantsNothing { return builder.reply() }
    for row in try select(entities).rows where builder.add(row) == .stop { break }
    return builder.reply()
  }

  /// - Returns: The results, and whether the end cursor has cut off further results.
  private func select(
    _ entities: some Sequence<(key: [UInt8], entity: Entity)>
  ) throws(DatastoreError) -> (rows: [QueryEvaluation.Row], isCut: Bool) {
    var selection = try QuerySelection(query)
    var selected: [QueryEvaluation.Row] = []
    for row in try sorted(entities) {
      do throws(CorruptBlob) {
        switch try selection.verdict(on: row.position) {
        case .take: selected.append(row)
        case .passOver: break
        case .end: return (selected, true)
        }
      } catch {
        throw DatastoreError(
          .internal,
          """
          The position of a result cannot be read: \(error.reason). Report this as a fault of the \
          library.
          """,
          key: row.entity.key)
      }
    }
    return (selected, false)
  }

  private func sorted(
    _ entities: some Sequence<(key: [UInt8], entity: Entity)>
  ) throws(DatastoreError) -> [QueryEvaluation.Row] {
    var rows: [QueryEvaluation.Row] = []
    for (key, entity) in entities where isOfKind(entity) {
      rows += try evaluation.rows(entity, key: key)
    }
    return rows.sorted { ByteComparison.precedes($0.position, $1.position) }
  }

  private func isOfKind(_ entity: Entity) -> Bool {
    guard let kind = query.request.kind else { return true }
    return entity.key.map { identicalText($0.kind, kind) } ?? false
  }
}

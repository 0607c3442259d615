// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension QueryRun {
    /// The reply to a query.
    func reply(_ query: NormalizedQuery) throws -> QueryReply {
      if let entities = try FileMetadata.entities(
        for: query.request, plan.connection, at: past)
      {
        return try EntityScan(query).reply(entities)
      }
      if var nearest = NearestBuilder(query) {
        _ = try visit(atMost: nil, needsEntities: true) {
          nearest.add($0)
          return .more
        }
        return nearest.reply()
      }
      var builder = QueryReplyBuilder(query)
      if builder.wantsNothing { return builder.reply(.stopped) }
      let ending = try visit(atMost: builder.maxResults, needsEntities: !query.isKeysOnly) {
        builder.add($0)
      }
      return builder.reply(ending)
    }

    /// The reply to an aggregation.
    func reply(
      _ query: NormalizedQuery, _ aggregations: [Aggregation], _ evaluation: QueryEvaluation
    ) throws -> AggregationReply {
      if let entities = try FileMetadata.entities(
        for: query.request, plan.connection, at: past)
      {
        return try EntityScan(query).reply(aggregations, over: entities)
      }
      var builder = AggregationBuilder(aggregations, over: query, evaluation: evaluation)
      if builder.wantsNothing { return builder.reply() }
      _ = try visit(atMost: builder.maxResults, needsEntities: !query.required.isEmpty) {
        builder.add($0)
      }
      return builder.reply()
    }
  }
#endif

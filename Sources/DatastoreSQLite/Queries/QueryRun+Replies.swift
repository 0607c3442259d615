// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension QueryRun {
    /// The reply to a query.
    func reply(_ query: NormalizedQuery) throws -> QueryReply {
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
      var builder = AggregationBuilder(aggregations, over: query, evaluation: evaluation)
      if builder.wantsNothing { return builder.reply() }
      _ = try visit(atMost: builder.maxResults, needsEntities: !query.required.isEmpty) {
        builder.add($0)
      }
      return builder.reply()
    }
  }
#endif

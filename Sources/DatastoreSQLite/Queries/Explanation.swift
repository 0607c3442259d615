// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// Explains queries by the plan that answers them.
  enum Explanation {
    /// Runs a query and explains it, or only explains it, as the options say.
    ///
    /// - Parameters:
    ///   - empty: The reply of a query that is not run.
    ///   - run: Runs the query.
    ///   - note: Notes the explanation in a reply.
    ///   - results: How many results a reply has.
    static func explaining<Reply>(
      _ query: QueryRun, _ options: ExplainOptions?, isAggregation: Bool,
      empty: () -> Reply, run: (QueryRun) throws -> Reply,
      note: (inout Reply, ExplainMetrics) -> Void, results: (Reply) -> Int
    ) throws -> Reply {
      guard let options else { return try run(query) }
      guard options.analyze else {
        // Choosing is what notes the indexes.
        _ = try query.plan.candidates(atMost: query.query.request.limit)
        var reply = empty()
        note(&reply, metrics(query, isAggregation: isAggregation))
        return reply
      }
      let clock = ContinuousClock()
      let start = clock.now
      var reply = try run(query)
      var metrics = metrics(query, isAggregation: isAggregation)
      let counts = query.cost.counts
      metrics.executionStats = ExplainMetrics.ExecutionStats(
        resultsReturned: results(reply), executionDuration: clock.now - start,
        readOperations: results(reply),
        debugStats: [
          "documents_scanned": "\(counts.entities + counts.partialDecodes)",
          "index_entries_scanned": "\(counts.indexRows + counts.probes)",
          "index_entries_counted": "\(counts.counted)",
        ])
      note(&reply, metrics)
      return reply
    }

    private static func metrics(_ query: QueryRun, isAggregation: Bool) -> ExplainMetrics {
      let scope =
        isAggregation && query.query.hasAncestor ? "Includes ancestors" : "Collection group"
      var used: [String] = []
      for index in query.cost.indexes + query.probed where !used.containsExactly(index) {
        used.append(index)
      }
      return ExplainMetrics(
        indexesUsed: used.map { ExplainMetrics.Index(properties: $0, queryScope: scope) })
    }

    /// The name of an index in explanations.
    static func index(_ orders: [QueryOrder]) -> String {
      let properties = orders.map { order in
        let name = order.property == QueryRequest.keyProperty ? "__name__" : order.property
        return "\(name) \(order.direction == .ascending ? "ASC" : "DESC")"
      }
      let hasKey = orders.contains { $0.property == QueryRequest.keyProperty }
      return "(\((properties + (hasKey ? [] : ["__name__ ASC"])).joined(separator: ", ")))"
    }
  }
#endif

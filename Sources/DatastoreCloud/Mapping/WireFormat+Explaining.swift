// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel
  internal import SwiftProtobuf

  extension WireFormat {
    /// How a query was answered.
    func decode(_ message: Wire.ExplainMetrics) -> ExplainMetrics {
      var metrics = ExplainMetrics(
        indexesUsed: message.planSummary.indexesUsed.map { index in
          ExplainMetrics.Index(
            properties: index.fields["properties"]?.stringValue ?? "",
            queryScope: index.fields["query_scope"]?.stringValue ?? "")
        })
      guard message.hasExecutionStats else { return metrics }
      let stats = message.executionStats
      let duration = stats.executionDuration
      metrics.executionStats = ExplainMetrics.ExecutionStats(
        resultsReturned: Int(stats.resultsReturned),
        executionDuration: .seconds(duration.seconds) + .nanoseconds(duration.nanos),
        readOperations: Int(stats.readOperations),
        debugStats: stats.debugStats.fields.mapValues { $0.stringValue })
      return metrics
    }
  }
#endif

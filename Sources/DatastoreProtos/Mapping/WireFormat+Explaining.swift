// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  internal import SwiftProtobuf

  extension WireFormat {
    /// How a query was answered.
    package func decode(_ message: Wire.ExplainMetrics) -> ExplainMetrics {
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

    /// The message of how a query was answered.
    package func encode(_ metrics: ExplainMetrics) -> Wire.ExplainMetrics {
      .with {
        $0.planSummary.indexesUsed = metrics.indexesUsed.map { index in
          .with {
            $0.fields["query_scope"] = .with { $0.stringValue = index.queryScope }
            $0.fields["properties"] = .with { $0.stringValue = index.properties }
          }
        }
        guard let stats = metrics.executionStats else { return }
        $0.executionStats = .with {
          $0.resultsReturned = Int64(stats.resultsReturned)
          let (seconds, attoseconds) = stats.executionDuration.components
          $0.executionDuration.seconds = seconds
          $0.executionDuration.nanos = Int32(attoseconds / 1_000_000_000)
          $0.readOperations = Int64(stats.readOperations)
          for (name, value) in stats.debugStats {
            $0.debugStats.fields[name] = .with { $0.stringValue = value }
          }
          $0.debugStats.fields["billing_details"] = .with {
            $0.structValue.fields["documents_billable"] = .with {
              $0.stringValue = String(stats.readOperations)
            }
          }
        }
      }
    }
  }
#endif

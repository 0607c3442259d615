// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Explains queries that an ``EntityScan`` answers: it uses no index.
///
/// Unstable: this type may change in any minor release.
public enum ScanExplanation {
  /// The plan, if it is asked for, and whether the query runs.
  public static func of(
    _ query: NormalizedQuery, _ options: ExplainOptions?
  ) -> (metrics: ExplainMetrics?, runs: Bool) {
    guard let options else { return (nil, true) }
    return (ExplainMetrics(indexesUsed: []), options.analyze)
  }

  /// The reply of a query that is explained and not run.
  public static func reply(
    to query: NormalizedQuery, _ metrics: ExplainMetrics?, _ begun: TransactionID?,
    _ readTime: Timestamp?
  ) -> QueryReply {
    var reply = QueryReplyBuilder(query).reply(.exhausted)
    reply.transaction = begun
    reply.readTime = readTime
    reply.explainMetrics = metrics
    return reply
  }
}

extension ExplainMetrics {
  /// The metrics of a query that has run over all entities.
  ///
  /// Unstable: this method may change in any minor release.
  public func analyzed(results: Int, scanned: Int, in duration: Duration) -> ExplainMetrics {
    var metrics = self
    metrics.executionStats = ExecutionStats(
      resultsReturned: results, executionDuration: duration, readOperations: max(1, results),
      debugStats: ["documents_scanned": "\(scanned)"])
    return metrics
  }
}

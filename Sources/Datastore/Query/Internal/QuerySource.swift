internal import Arrival

/// Whom a query is asked: the datastore as it is, or a transaction.
struct QuerySource: Sendable {
  let datastore: Datastore
  /// Holds the datastore's state for the query; `nil` outside of transactions.
  let transaction: Transaction?

  var executor: TaskletExecutor? { datastore.executor }

  func send(_ request: QueryRequest) async throws -> QueryReply {
    try request.check()
    if let transaction {
      try transaction.requireOpen()
      return try await transaction.session.query(request)
    }
    try datastore.requireOpen()
    return try await datastore.underWay.run {
      try await datastore.counters.count(.query) {
        try await datastore.backend.query(request)
      } items: {
        $0.items.count
      }
    }
  }

  func send(_ request: AggregationRequest) async throws -> [Value] {
    try request.check()
    let reply: AggregationReply
    if let transaction {
      try transaction.requireOpen()
      reply = try await transaction.session.aggregate(request)
    } else {
      try datastore.requireOpen()
      reply = try await datastore.underWay.run {
        try await datastore.counters.count(.aggregation) {
          try await datastore.backend.aggregate(request)
        } items: {
          $0.values.count
        }
      }
    }
    guard reply.values.count == request.aggregations.count else {
      throw DatastoreError(
        .internal,
        """
        The backend answered \(request.aggregations.count) aggregations with \(reply.values.count) \
        values. Report this as a fault of the backend.
        """)
    }
    return reply.values
  }
}

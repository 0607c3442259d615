internal import Arrival
internal import DatastoreEngine

/// Whom a query is asked: the datastore as it is, or a transaction.
struct QuerySource: Sendable {
  let datastore: Datastore
  /// Holds the datastore's state for the query; `nil` outside of transactions.
  let transaction: Transaction?

  var executor: TaskletExecutor? { datastore.executor }

  /// Counts what asks for requests, from the call of its method; a transaction counts itself.
  func enter() throws(DatastoreError) -> RequestsUnderWay.Entry? {
    guard let transaction else { return try datastore.enter() }
    try transaction.requireOpen()
    return nil
  }

  func send(_ request: QueryRequest) async throws -> QueryReply {
    try request.check()
    if let transaction { return try await transaction.session.query(request) }
    return try await datastore.counters.count(.query) {
      try await datastore.backend.query(request)
    } items: {
      $0.items.count
    }
  }

  func send(_ request: AggregationRequest) async throws -> [Value] {
    try request.check()
    let reply: AggregationReply
    if let transaction {
      reply = try await transaction.session.aggregate(request)
    } else {
      reply = try await datastore.counters.count(.aggregation) {
        try await datastore.backend.aggregate(request)
      } items: {
        $0.values.count
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

extension RequestsUnderWay.Entry? {
  /// Runs the request; without an entry too.
  func run<Reply>(_ request: () async throws -> Reply) async rethrows -> Reply {
    guard let self else { return try await request() }
    return try await self.run(request)
  }
}

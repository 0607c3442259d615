// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine

/// Where a query is sent: to the datastore as it is, or to a transaction.
protocol QuerySource: Sendable {
  /// Where the requests run.
  var executor: TaskletExecutor? { get }
  /// Counts a call until its entry leaves. `nil` for a transaction, which is counted as a whole.
  func enter() throws(DatastoreError) -> InFlightCalls.Entry?
  func reply(to request: QueryRequest) async throws -> QueryReply
  func reply(to request: AggregationRequest) async throws -> AggregationReply
  func explain(_ request: QueryRequest, _ options: ExplainOptions) async throws -> QueryReply
  func explain(
    _ request: AggregationRequest, _ options: ExplainOptions
  ) async throws -> AggregationReply
}

extension QuerySource {
  func send(_ request: QueryRequest) async throws -> QueryReply {
    try request.check()
    return try await reply(to: request)
  }

  func send(_ request: AggregationRequest) async throws -> [Value] {
    try request.check()
    let values = try await reply(to: request).values
    guard values.count == request.aggregations.count else {
      throw DatastoreError(
        .internal,
        """
        The backend answered \(request.aggregations.count) aggregations with \(values.count) \
        values. Report this as a fault of the backend.
        """)
    }
    return values
  }
}

extension InFlightCalls.Entry {
  /// Runs the call, then leaves.
  func run<Reply>(_ call: () async throws -> Reply) async rethrows -> Reply {
    defer { leave() }
    return try await call()
  }
}

extension InFlightCalls.Entry? {
  /// Runs the request, with or without an entry.
  func run<Reply>(_ request: () async throws -> Reply) async rethrows -> Reply {
    guard let self else { return try await request() }
    return try await self.run(request)
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine

/// Sends the requests of a query with options in a transaction.
struct TransactionSource: QuerySource {
  let transaction: Transaction
  let options: ReadOptions

  var executor: TaskletExecutor? { transaction.executor }

  func enter() throws(DatastoreError) -> InFlightCalls.Entry? {
    try options.requireStateOfTransaction()
    return try transaction.enter()
  }

  func reply(to request: QueryRequest) async throws -> QueryReply {
    try await transaction.session.query(request, options: options)
  }

  func reply(to request: AggregationRequest) async throws -> AggregationReply {
    try await transaction.session.aggregate(request, options: options)
  }

  func explain(_ request: QueryRequest, _ options: ExplainOptions) async throws -> QueryReply {
    try await transaction.explain(request, options)
  }

  func explain(
    _ request: AggregationRequest, _ options: ExplainOptions
  ) async throws -> AggregationReply {
    try await transaction.explain(request, options)
  }
}

// SPDX-License-Identifier: Apache-2.0
/// A value computed over the results of a query without fetching them.
public enum Aggregation: Sendable, Hashable {
  /// The number of results. Counting stops at `upTo` unless it is `nil`.
  case count(upTo: Int? = nil)
  /// The sum of a property's numbers.
  ///
  /// Other values are ignored. The sum is an integer if all numbers are integers and it fits, and a
  /// double otherwise. Without numbers it is the integer 0.
  case sum(String)
  /// The mean of a property's numbers as a double. Null if there are none.
  case average(String)

  /// The property to aggregate. `nil` for a count.
  public var property: String? {
    switch self {
    case .count: nil
    case .sum(let name), .average(let name): name
    }
  }
}

/// A request to compute aggregations.
public struct AggregationRequest: Sendable, Hashable {
  /// The query whose results are aggregated. Its offset, limit and cursors apply.
  public var query: QueryRequest
  /// The aggregations, one to five. Only entities that have all of their properties count.
  public var aggregations: [Aggregation]

  /// Makes a request.
  public init(query: QueryRequest, aggregations: [Aggregation]) {
    self.query = query
    self.aggregations = aggregations
  }
}

/// The reply to an aggregation request.
public struct AggregationReply: Sendable, Hashable {
  /// One value for each aggregation, in the order of the request.
  public var values: [Value]
  /// The transaction that began with this request, if one did.
  public var transaction: TransactionID?
  /// The time whose state was read. `nil` if the backend does not say.
  public var readTime: Timestamp?
  /// How the query was answered, if the request asked for it.
  public var explainMetrics: ExplainMetrics?

  /// Makes a reply.
  public init(
    values: [Value], transaction: TransactionID? = nil, readTime: Timestamp? = nil,
    explainMetrics: ExplainMetrics? = nil
  ) {
    self.values = values
    self.transaction = transaction
    self.readTime = readTime
    self.explainMetrics = explainMetrics
  }
}

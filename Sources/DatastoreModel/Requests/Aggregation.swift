/// What can be computed over a query's results without fetching them.
public enum Aggregation: Sendable, Hashable {
  /// How many results there are; counting stops at `upTo`, unless that is `nil`.
  case count(upTo: Int? = nil)
  /// The sum of a property's numbers.
  ///
  /// Values that are no numbers do not count; with none at all the sum is the integer 0. It is an
  /// integer if all are and it fits, and a double otherwise.
  case sum(String)
  /// The mean of a property's numbers as a double; null if there are none.
  case average(String)

  /// The property it is computed from; `nil` for a count.
  public var property: String? {
    switch self {
    case .count: nil
    case .sum(let name), .average(let name): name
    }
  }
}

/// An aggregation as it travels to a backend.
public struct AggregationRequest: Sendable, Hashable {
  /// The query whose results are aggregated; its offset, limit and cursors hold.
  public var query: QueryRequest
  /// What to compute; one to five. Only entities that have all the properties named here count.
  public var aggregations: [Aggregation]

  /// Makes a request.
  public init(query: QueryRequest, aggregations: [Aggregation]) {
    self.query = query
    self.aggregations = aggregations
  }
}

/// What an aggregation came to.
public struct AggregationReply: Sendable, Hashable {
  /// One value an aggregation, in the order of the request.
  public var values: [Value]
  /// The transaction that began with the aggregation.
  public var transaction: TransactionID?

  /// Makes a reply.
  public init(values: [Value], transaction: TransactionID? = nil) {
    self.values = values
    self.transaction = transaction
  }
}

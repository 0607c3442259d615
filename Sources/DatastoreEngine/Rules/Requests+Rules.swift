public import DatastoreModel

extension QueryRequest {
  /// Checks the rules that need no look at any entity; builds nothing.
  ///
  /// A `Datastore` does so before it sends a request, and ``NormalizedQuery`` before it is built.
  ///
  /// Unstable: this function may change in any minor release.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` that names the property, the rule and what
  ///   to do.
  public func check() throws(DatastoreError) { try QueryRules(self).check() }
}

extension AggregationRequest {
  /// Checks the rules that need no look at any entity, those of the query too; builds nothing.
  ///
  /// Unstable: this function may change in any minor release.
  ///
  /// - Throws: As `QueryRequest.check()`.
  public func check() throws(DatastoreError) {
    try checkAggregations()
    var query = query
    query.projection = []
    try query.check()
  }

  /// Checks the rules that the query does not have by itself.
  func checkAggregations() throws(DatastoreError) {
    guard 1...Limits.aggregations ~= aggregations.count else {
      throw DatastoreError(
        .invalidArgument,
        """
        A request computes 1 to \(Limits.aggregations) aggregations and was given \
        \(aggregations.count). Split it.
        """)
    }
    for aggregation in aggregations {
      if case .count(let limit?) = aggregation, limit < 0 {
        throw DatastoreError(
          .invalidArgument, "Counting is to stop at \(limit). Give it 0 or more, or nil.")
      }
      if let property = aggregation.property { try QueryRules.check(aggregated: property) }
    }
    guard query.distinctOn.isEmpty,
      query.projection.allSatisfy({ $0 == QueryRequest.keyProperty })
    else {
      throw DatastoreError(
        .invalidArgument,
        "Aggregations are of whole entities. Leave out what the query selects or is distinct by.")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package import DatastoreModel

extension QueryRequest {
  /// Checks the rules that need no entities. Builds nothing.
  ///
  /// A `Datastore` calls it before it sends a request, and `NormalizedQuery` before it is built.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`. It names the property, the rule and what to
  ///   do.
  package func check() throws(DatastoreError) { try QueryRules(self).check() }
}

extension AggregationRequest {
  /// Checks the rules that need no entities, including those of the query. Builds nothing.
  ///
  /// - Throws: As `QueryRequest.check()`.
  package func check() throws(DatastoreError) {
    try checkAggregations()
    var query = query
    query.projection = []
    try query.check()
  }

  /// Checks the rules that a query without aggregations does not have.
  func checkAggregations() throws(DatastoreError) {
    guard 1...Limits.aggregations ~= aggregations.count else {
      throw DatastoreError(
        .invalidArgument,
        """
        The request has \(aggregations.count) aggregations; 1 to \(Limits.aggregations) are \
        allowed. Split it.
        """)
    }
    for aggregation in aggregations {
      if case .count(let limit?) = aggregation, limit < 0 {
        throw DatastoreError(
          .invalidArgument,
          "The limit of the count is \(limit). Give it 0 or more, or leave it out.")
      }
      if let property = aggregation.property { try QueryRules.check(aggregated: property) }
    }
    guard query.distinctOn.isEmpty,
      query.projection.allSatisfy({ $0 == QueryRequest.keyProperty })
    else {
      throw DatastoreError(
        .invalidArgument,
        """
        An aggregation needs whole entities. Leave out the query's selection and distinct \
        properties.
        """)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// The normal form of a query that keeps all rules: the filter is an OR of ANDs, and the order is
/// complete.
///
/// Unstable: this type may change in any minor release.
public struct NormalizedQuery: Sendable {
  /// One AND of comparisons.
  public struct Conjunction: Sendable, Hashable {
    /// A property and the value that it must have, in the form of ``IndexCodec``.
    public struct Equality: Sendable, Hashable {
      public var property: String
      public var value: [UInt8]

      public static func == (a: Self, b: Self) -> Bool {
        identicalText(a.property, b.property) && a.value == b.value
      }

      public func hash(into hasher: inout Hasher) {
        hasher.combine(ExactText(property))
        hasher.combine(value)
      }
    }

    public var equalities: [Equality] = []
    /// The ranges of each property, in order. One value of the property must be in one of them.
    package var ranges: [ExactText: [ByteRange]] = [:]
    /// The ranges of the key in the form of ``KeyCodec``. The key must be in one of them.
    public var keyRanges: [ByteRange]
  }

  /// An order. One of the orders is by `QueryRequest.keyProperty`, so no two results have the same
  /// position.
  public struct Order: Sendable {
    public var property: String
    public var isDescending: Bool
  }

  public let request: QueryRequest
  /// The ANDs that can be fulfilled. Empty if the query has no results.
  public let conjunctions: [Conjunction]
  public let orders: [Order]
  /// The properties whose combinations of values are separate results. Empty if each entity is one
  /// result.
  package let identity: [String]
  /// The properties to return. Empty for all, or for keys only.
  package let projection: [String]
  public let isKeysOnly: Bool
  /// How many of the first orders define a group. Only the first result of a group is returned.
  package let distinctOrders: Int
  /// Further properties that an entity must have.
  package let required: [String]
  /// Whether the results may come in any order, because the reply does not depend on it.
  public let isOrderFree: Bool
  /// Identifies the query in every process. Cursors contain it.
  package let fingerprint: UInt64

  /// Checks a query and makes its normal form.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for a request that breaks a rule. It names
  ///   the property, the rule and what to do.
  public init(_ request: QueryRequest) throws(DatastoreError) {
    try request.check()
    self.init(checked: request, requiring: [], isOrderFree: false)
  }

  /// Makes the normal form of a query of a named database.
  package init(_ request: QueryRequest, in scope: DatabaseScope) throws(DatastoreError) {
    try request.check()
    self.init(
      checked: try request.stored(in: scope), requiring: [], isOrderFree: false)
  }

  private init(checked request: QueryRequest, requiring: [String], isOrderFree: Bool) {
    let conjunctions = FilterExpansion.conjunctions(request)
    NormalFormTally.current?.add()
    self.request = request
    self.isOrderFree = isOrderFree
    isKeysOnly = request.projection == [QueryRequest.keyProperty]
    projection = request.projection.filter { $0 != QueryRequest.keyProperty }
    identity = projection + request.distinctOn.filter { !request.projection.containsExactly($0) }

    let isDescending = request.orders.last?.direction == .descending
    var orders = request.orders.map {
      Order(property: $0.property, isDescending: $0.direction == .descending)
    }
    if identity.isEmpty,
      let key = orders.firstIndex(where: { $0.property == QueryRequest.keyProperty })
    {
      // Keys are unique, so no order after theirs matters. But the entity must have these
      // properties.
      self.required = requiring + orders[(key + 1)...].map(\.property)
      orders.removeSubrange((key + 1)...)
    } else {
      self.required = requiring
    }
    func add(_ properties: [String], isDescending: Bool = false) {
      for property in properties
      where !orders.contains(where: { identicalText($0.property, property) }) {
        orders.append(Order(property: property, isDescending: isDescending))
      }
    }
    add(request.distinctOn)
    if request.orders.isEmpty {
      let compared = conjunctions.map { Set($0.ranges.keys) }
      let common = compared.dropFirst().reduce(compared[0]) { $0.intersection($1) }
      add(common.sorted().map(\.text))
      // A limit of an aggregation takes the first results of an index of its properties.
      if !isOrderFree { add(requiring) }
    }
    // The combinations of values of one entity need different positions.
    add(identity)
    add([QueryRequest.keyProperty], isDescending: isDescending)
    self.orders = orders
    distinctOrders = request.distinctOn.count
    self.conjunctions = conjunctions.filter { conjunction in
      !conjunction.keyRanges.isEmpty && conjunction.ranges.values.allSatisfy { !$0.isEmpty }
    }
    fingerprint = QueryFingerprint.of(request)
  }
}

extension NormalizedQuery {
  /// Makes the normal form of an aggregation's query.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for a request that breaks a rule.
  public init(_ request: AggregationRequest) throws(DatastoreError) {
    try self.init(request, in: DatabaseScope(name: ""))
  }

  /// Makes the normal form of an aggregation's query of a named database.
  package init(
    _ request: AggregationRequest, in scope: DatabaseScope
  ) throws(DatastoreError) {
    try request.checkAggregations()
    let required = Set(request.aggregations.compactMap { $0.property.map(ExactText.init) })
    var query = request.query
    query.projection = []
    // A limit and an offset select results by the order. A count does not depend on which.
    let isOfAll = query.limit == nil && query.offset == 0
    let isOrderFree =
      query.startCursor == nil && query.endCursor == nil && (isOfAll || required.isEmpty)
    try query.check()
    self.init(
      checked: try query.stored(in: scope), requiring: required.sorted().map(\.text),
      isOrderFree: isOrderFree)
  }
}

extension QueryRequest {
  fileprivate func stored(in scope: DatabaseScope) throws(DatastoreError) -> QueryRequest {
    if scope.isDefault { return self }
    var stored = self
    stored.namespace = scope.stored(namespace: namespace)
    if let filter { stored.filter = try scope.stored(filter) }
    return stored
  }
}

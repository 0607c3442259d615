public import DatastoreModel

/// A query that keeps all rules, its filter as an OR of ANDs, its order complete: what engines of
/// this package work from.
///
/// Unstable: this type may change in any minor release.
public struct NormalizedQuery: Sendable {
  /// One AND of comparisons.
  public struct Conjunction: Sendable, Hashable {
    /// A property and the value that one of its own has to equal, as ``IndexCodec`` writes it.
    public struct Equality: Sendable, Hashable {
      public var property: String
      public var value: [UInt8]
    }

    public var equalities: [Equality] = []
    /// Where a value of these properties has to lie, in order; the same value for all comparisons.
    public var ranges: [String: [ByteRange]] = [:]
    /// Where the key has to lie, as ``KeyCodec`` writes it.
    public var keyRanges: [ByteRange]
  }

  /// One of the orders; `QueryRequest.keyProperty` is among them, so no two results have one
  /// place.
  public struct Order: Sendable, Hashable {
    public var property: String
    public var isDescending: Bool
  }

  public let request: QueryRequest
  /// Those that can be fulfilled; none if nothing can be found.
  public let conjunctions: [Conjunction]
  public let orders: [Order]
  /// The properties whose combinations of values are results of their own; empty if each entity is.
  public let identity: [String]
  /// The properties that come back; empty for all, or for keys alone.
  public let projection: [String]
  public let isKeysOnly: Bool
  /// How many of the first orders make up the group of which only the first result comes.
  public let distinctOrders: Int
  /// Properties that have to be there besides.
  public let required: [String]
  /// Whether results may be taken as they come, for no more is asked than which there are.
  public let isOrderFree: Bool
  /// What tells this query from others, in every process: cursors carry it.
  public let fingerprint: UInt64

  public init(
    _ request: QueryRequest, requiring: [String] = [], isOrderFree: Bool = false
  ) throws(DatastoreError) {
    try request.check()
    let conjunctions = FilterExpansion.conjunctions(request)
    NormalFormTally.current?.add()
    self.request = request
    self.isOrderFree = isOrderFree
    isKeysOnly = request.projection == [QueryRequest.keyProperty]
    projection = request.projection.filter { $0 != QueryRequest.keyProperty }
    identity = projection + request.distinctOn.filter { !request.projection.contains($0) }

    let isDescending = request.orders.last?.direction == .descending
    var orders = request.orders.map {
      Order(property: $0.property, isDescending: $0.direction == .descending)
    }
    if identity.isEmpty,
      let key = orders.firstIndex(where: { $0.property == QueryRequest.keyProperty })
    {
      // Keys are all different, so no order behind theirs matters; the properties have to be there.
      self.required = requiring + orders[(key + 1)...].map(\.property)
      orders.removeSubrange((key + 1)...)
    } else {
      self.required = requiring
    }
    func add(_ properties: [String], isDescending: Bool = false) {
      for property in properties where !orders.contains(where: { $0.property == property }) {
        orders.append(Order(property: property, isDescending: isDescending))
      }
    }
    add(request.distinctOn)
    if request.orders.isEmpty {
      let compared = conjunctions.map { Set($0.ranges.keys) }
      add((compared.dropFirst().reduce(compared[0]) { $0.intersection($1) }).sorted())
    }
    // One entity's combinations of values need places of their own.
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
  /// The normal form of an aggregation's query.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for a request that breaks a rule.
  public init(_ request: AggregationRequest) throws(DatastoreError) {
    try request.checkAggregations()
    let required = Set(request.aggregations.compactMap(\.property))
    var query = request.query
    query.projection = []
    // A limit and an offset take results out of the order, but a count does not tell which.
    let isOfAll = query.limit == nil && query.offset == 0
    let isOrderFree =
      query.startCursor == nil && query.endCursor == nil && (isOfAll || required.isEmpty)
    try self.init(query, requiring: required.sorted(), isOrderFree: isOrderFree)
  }
}

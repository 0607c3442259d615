// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// The rules of queries that can be checked without reading entities.
///
/// Checking builds nothing. `NormalizedQuery` builds the normal form of a query that keeps the
/// rules.
struct QueryRules {
  let request: QueryRequest

  init(_ request: QueryRequest) { self.request = request }

  func check() throws(DatastoreError) {
    if request.offset < 0 {
      throw Self.refusal("The offset is \(request.offset). Give it 0 or more.")
    }
    if request.offset > Int(Int32.max) {
      throw Self.refusal(
        """
        The offset is \(request.offset); the Datastore API allows up to \(Int32.max). Use a cursor \
        instead.
        """)
    }
    if let limit = request.limit, limit < 0 {
      throw Self.refusal(
        "The limit is \(limit). Give it 0 or more, or leave it out for all results.")
    }
    do {
      // A key with these names checks them.
      let probe = Key(request.kind ?? "K", id: 1, namespace: request.namespace)
      _ = try Limits.size(ofValid: probe, writing: false)
    } catch {
      throw Self.refusal("The query's kind or namespace is invalid. \(error.message)")
    }
    try checkOrders()
    try checkProjection()
    if request.kind == nil { try checkKindless() }
    try checkFilter()
    if let search = request.findNearest { try check(search) }
    if let kind = request.kind, kind.utf8.starts(with: "__Stat_".utf8) {
      throw DatastoreError(
        .unimplemented,
        """
        Entities with statistics, such as those of the kind \(kind.clipped()), are not kept. Count \
        with an aggregation, or query __namespace__, __kind__ and __property__.
        """)
    }
  }

  private func check(_ search: FindNearest) throws(DatastoreError) {
    let property = search.vectorProperty
    guard PropertyPath(property) != nil, property != QueryRequest.keyProperty else {
      throw Self.refusal("The search for vectors names no property. Give it a name.", property)
    }
    guard 1...2_048 ~= search.queryVector.count else {
      throw Self.refusal(
        """
        The vector has \(search.queryVector.count) numbers; 1 to 2,048 are allowed. Compare with a \
        shorter one.
        """, property)
    }
    guard search.queryVector.allSatisfy(\.isFinite) else {
      throw Self.refusal("The vector has a number that is not finite. Leave it out.", property)
    }
    guard 1...1_000 ~= search.limit else {
      throw Self.refusal(
        "The search asks for \(search.limit) results; 1 to 1,000 are allowed.", property)
    }
    guard request.projection.isEmpty, request.distinctOn.isEmpty, request.offset == 0,
      request.startCursor == nil, request.endCursor == nil
    else {
      throw Self.refusal(
        """
        A search for vectors returns whole entities, all at once. Leave out selection, distinct \
        properties, cursors and offset.
        """, property)
    }
  }

  private func checkOrders() throws(DatastoreError) {
    var seen: Set<ExactText> = []
    for order in request.orders {
      try Self.check(name: order.property)
      guard seen.insert(ExactText(order.property)).inserted else {
        throw Self.refusal(
          "The query is ordered by this property twice. Leave out one order.", order.property)
      }
    }
    var distinct: Set<ExactText> = []
    for property in request.distinctOn {
      try Self.check(name: property)
      guard property != QueryRequest.keyProperty else {
        throw Self.refusal(
          "Results cannot be distinct by key, because each key comes once. Leave it out.", property)
      }
      guard distinct.insert(ExactText(property)).inserted else {
        throw Self.refusal("The query is distinct by this property twice. Leave out one.", property)
      }
    }
    for order in request.orders.prefix(distinct.count)
    where !distinct.contains(ExactText(order.property)) {
      throw Self.refusal(
        """
        The first orders of a query must be by its distinct properties, and this order precedes \
        them. Move it after them.
        """, order.property)
    }
  }

  private func checkProjection() throws(DatastoreError) {
    var seen: Set<ExactText> = []
    for property in request.projection {
      try Self.check(name: property)
      guard seen.insert(ExactText(property)).inserted else {
        throw Self.refusal("The query selects this property twice. Leave out one.", property)
      }
    }
  }

  private func checkKindless() throws(DatastoreError) {
    let way = "A query without a kind can use only keys. Give it a kind, or leave this out."
    for order in request.orders
    where order.property != QueryRequest.keyProperty || order.direction == .descending {
      throw Self.refusal(
        "A kind is required for all orders except __key__ ascending. Give the query a kind.",
        order.property)
    }
    for property in request.projection + request.distinctOn
    where property != QueryRequest.keyProperty {
      throw Self.refusal(way, property)
    }
  }

  /// Checks the name of a property that a query uses.
  static func check(name: String) throws(DatastoreError) {
    guard !name.isEmpty else {
      throw refusal("The name of a property in the query is empty. Give it a name.")
    }
    for part in name.utf8.split(separator: UInt8(ascii: ".")) where part.count > Limits.nameBytes {
      throw refusal(
        """
        The name is \(Limits.grouped(part.count)) bytes of UTF-8; at most \
        \(Limits.grouped(Limits.nameBytes)) are allowed. Shorten it.
        """, name)
    }
    if name != QueryRequest.keyProperty, Limits.isReserved(name) {
      throw refusal(
        "The name is reserved. Use \"__key__\" or the name of a property.", name)
    }
  }

  static func check(aggregated property: String) throws(DatastoreError) {
    try check(name: property)
    if property == QueryRequest.keyProperty {
      throw refusal("Keys have no sum and no average. Aggregate another property.", property)
    }
  }

  static func refusal(_ message: String, _ property: String? = nil) -> DatastoreError {
    DatastoreError(.invalidArgument, message, property: property)
  }
}

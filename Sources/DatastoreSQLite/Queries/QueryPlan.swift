// SPDX-License-Identifier: Apache-2.0
// The folder `Queries` answers queries and aggregations: `QueryPlan` chooses the access paths and
// gives candidates in order, `QueryRun` checks the candidates and makes results of them, and
// replies are made in `QueryRun+Replies`.

#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Chooses where a query looks for its results, inside a reading transaction.
  ///
  /// If a declared composite index answers the filter, results come from it in all their orders.
  /// Else each property has an index of its own, and there are two ways:
  ///
  /// - Follow the order: scan the index of the first property in the orders, and check each
  ///   candidate against the filter.
  /// - Gather: if few entities fulfil another part of the filter, collect them in a candidate set
  ///   and sort it. For that only one property of each entity is read. The rest is read when it is
  ///   the entity's turn.
  struct QueryPlan {
    /// How to choose between the two ways. Tests try all.
    enum Strategy: CaseIterable {
      case cheapest, gather, followOrder
    }

    /// Up to so many entities are always gathered. Following the order might cost more than any
    /// estimate, if the results are at its end.
    static let alwaysGatherLimit = 1_000

    /// Up to so many entities are gathered if following the order will probably cost more. It
    /// bounds the time of the first page.
    static let maxGathered = 4_000

    let connection: Database
    let query: NormalizedQuery
    let evaluation: QueryEvaluation
    let propertyIDs: PropertyIDs
    let cost: QueryCost
    let reader: EntityReader
    /// The position after which results come; empty at the beginning.
    let start: [UInt8]
    let strategy: Strategy
    /// The composite index for each conjunction, if there is one.
    let composites: [CompositeAccess?]
    /// By how many of the first orders candidates are sorted. It has no meaning in an order by key.
    let depth: Int
    /// The direction of all scans, which is that of the last of these orders.
    let isDescending: Bool

    init(
      _ query: NormalizedQuery, _ connection: Database, _ propertyIDs: PropertyIDs,
      _ reader: EntityReader, _ cost: QueryCost, start: [UInt8], strategy: Strategy
    ) throws {
      self.connection = connection
      self.query = query
      evaluation = QueryEvaluation(query)
      self.propertyIDs = propertyIDs
      self.cost = cost
      self.reader = reader
      self.start = start
      self.strategy = strategy
      composites =
        strategy == .gather
        ? Array(repeating: nil, count: query.conjunctions.count)
        : try CompositeAccess.best(for: query, propertyIDs, connection)
      let hasAllOrders = query.orders.count > 2 && composites.contains { $0 != nil }
      depth = hasAllOrders ? query.orders.count - 1 : 1
      isDescending = query.orders[depth - 1].isDescending
    }

    var firstOrder: NormalizedQuery.Order { query.orders[0] }
    var isByKey: Bool { firstOrder.property == QueryRequest.keyProperty }

    /// Whether candidates come in the order of the results, so that nothing is left to sort.
    var isSorted: Bool {
      isByKey
        ? query.orders.count == 1
        : query.orders.count == depth + 1
          && query.orders[depth].property == QueryRequest.keyProperty
          && query.orders[depth].isDescending == isDescending
    }

    /// Whether candidates with equal order values come in the order of keys.
    ///
    /// Each entity is then a group of its own, and orders after the key sort the results of one
    /// entity.
    var isSortedByKey: Bool {
      if isByKey { return true }
      guard query.orders.count > depth else { return false }
      let next = query.orders[depth]
      return next.property == QueryRequest.keyProperty && next.isDescending == isDescending
    }

    /// Whether the results of two candidates have to be sorted together.
    func isOneGroup(_ a: Candidate, _ b: Candidate) -> Bool {
      a.orderValues == b.orderValues && (!isSortedByKey || a.key == b.key)
    }

    /// Whether a candidate with one value is a result without reading its entity.
    var needsNoEntity: Bool {
      guard isSorted, query.identity.isEmpty, query.required.isEmpty,
        query.conjunctions.count == 1
      else { return false }
      let compared = query.conjunctions[0].ranges.keys
      return compared.allSatisfy { $0 == ExactText(firstOrder.property) }
    }

    /// Probes for the equalities, without those of properties that no entity ever had.
    func probes(_ conjunction: NormalizedQuery.Conjunction) throws -> [IndexProbe] {
      // A row of a covering index has answered them.
      if composites.first??.isCovering == true { return [] }
      return try conjunction.equalities.compactMap { equality in
        try propertyID(equality.property).map {
          try IndexProbe(connection, $0, equality.value, cost)
        }
      }
    }

    /// The number of a property of the query's kind; `nil` if no entity ever had it.
    func propertyID(_ property: String) throws -> Int64? {
      guard let kind = query.request.kind else { return nil }
      return try propertyIDs.find(
        PropertyPaths.path(namespace: query.request.namespace, kind: kind, name: property),
        connection)
    }
  }
#endif

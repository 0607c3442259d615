// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Synchronization

  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  @testable import DatastoreSQLite

  /// A backend that creates a composite index for each query before it answers the query. So any
  /// query can show whether it finds the same with an index.
  final class IndexingBackend: DatastoreBackend {
    let engine: SQLiteBackend
    /// How many conjunctions a composite index answered.
    let used = Atomic(0)
    private let made = Mutex<[SQLiteBackend.Index]>([])
    private static let maxCount = 12

    init(_ engine: SQLiteBackend) { self.engine = engine }

    /// An index that fits a query; `nil` if the index of one property does.
    static func index(for query: NormalizedQuery) -> SQLiteBackend.Index? {
      guard let kind = query.request.kind, let conjunction = query.conjunctions.first,
        query.orders.last?.property == QueryRequest.keyProperty
      else { return nil }
      // This is random, but the same for each page of a query.
      let chance = query.fingerprint
      let orders = query.orders.dropLast().map {
        QueryOrder($0.property, $0.isDescending == (chance & 1 == 0) ? .descending : .ascending)
      }
      var leading: [QueryOrder] = []
      for equality in conjunction.equalities.dropFirst(chance & 14 == 0 ? 1 : 0)
      where !(orders + leading).contains(where: { $0.property == equality.property }) {
        leading.append(QueryOrder(equality.property, chance & 16 == 0 ? .ascending : .descending))
      }
      let hasAncestor = query.request.filter.map(hasAncestor) ?? false
      let includesAncestors = hasAncestor && chance & 32 == 0
      guard leading.count + orders.count >= (includesAncestors ? 1 : 2) else { return nil }
      return SQLiteBackend.Index(
        kind: kind, leading + orders, includesAncestors: includesAncestors)
    }

    private static func hasAncestor(_ filter: QueryFilter) -> Bool {
      switch filter {
      case .ancestor: true
      case .property: false
      case .and(let parts), .or(let parts): parts.contains(where: hasAncestor)
      }
    }

    private func prepare(_ query: NormalizedQuery) async throws {
      guard let index = Self.index(for: query) else { return }
      let old = made.withLock { made -> SQLiteBackend.Index? in
        if made.contains(index) { return nil }
        made.append(index)
        return made.count > Self.maxCount ? made.removeFirst() : nil
      }
      // An index and its reverse are one index, so it may have been dropped already.
      if let old { try? await engine.dropIndex(old) }
      try await engine.createIndex(index)
    }

    private func count(_ cost: QueryCost.Counts) {
      used.add(cost.composites, ordering: .relaxed)
    }

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      try await engine.lookup(keys, options: options)
    }
    func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
      try await engine.beginTransaction(mode)
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      let query = try NormalizedQuery(request)
      try await prepare(query)
      guard options == ReadOptions() else {
        return try await engine.query(request, options: options)
      }
      let (reply, cost) = try await engine.run(query) { try $0.reply(query) }
      count(cost)
      return reply
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      let query = try NormalizedQuery(request)
      try await prepare(query)
      guard options == ReadOptions() else {
        return try await engine.aggregate(request, options: options)
      }
      let (reply, cost) = try await engine.run(query) {
        try $0.reply(query, request.aggregations, QueryEvaluation(query))
      }
      count(cost)
      return reply
    }
    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply { try await engine.commit(mutations, in: transaction) }
    func rollback(_ transaction: TransactionID) async throws {
      try await engine.rollback(transaction)
    }
    func allocateIDs(for keys: [Key]) async throws -> [Key] {
      try await engine.allocateIDs(for: keys)
    }
    func reserveIDs(_ keys: [Key]) async throws { try await engine.reserveIDs(keys) }
    func close() async throws { try await engine.close() }
  }
#endif

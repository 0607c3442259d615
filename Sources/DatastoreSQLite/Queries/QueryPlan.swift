#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Chooses where a query looks for its results, inside a reading transaction.
  ///
  /// Where an index over several properties was declared that answers the filter, results come from
  /// it in all their orders. Else there is an index of each property alone: results either come in the
  /// order of the first property they are ordered by, each checked for the rest; or, where something
  /// else of the filter is fulfilled by few entities, their places are gathered and sorted: of each
  /// entity only its value of that property is read, the rest when it is its turn.
  struct QueryPlan {
    /// What to do where there is a choice; tests try all.
    enum Method: CaseIterable {
      case cheapest, gather, follow
    }

    /// Up to how many entities are gathered whatever following the order might cost: it might be
    /// more than all estimates, where those found stand at its end.
    static let gatherLimit = 1_000

    /// Up to how many are gathered where following the order will probably cost more. It bounds the
    /// time of the first page.
    static let gatherMaximum = 4_000

    let connection: Database
    let query: NormalizedQuery
    let evaluation: QueryEvaluation
    let names: IndexNames
    let cost: QueryCost
    let reader: EntityReader
    /// The place that the results come after; empty at the beginning.
    let start: [UInt8]
    let method: Method
    /// An index over several properties for each conjunction, where there is one.
    let composites: [Composite?]
    /// By how many of the first orders candidates come in order; meaningless if by key.
    let depth: Int
    /// The way through the trees: that of the last of those orders.
    let isDescending: Bool

    init(
      _ query: NormalizedQuery, _ connection: Database, _ names: IndexNames, _ reader: EntityReader,
      _ cost: QueryCost, start: [UInt8], method: Method
    ) throws {
      self.connection = connection
      self.query = query
      evaluation = QueryEvaluation(query)
      self.names = names
      self.cost = cost
      self.reader = reader
      self.start = start
      self.method = method
      composites =
        method == .gather
        ? Array(repeating: nil, count: query.conjunctions.count)
        : try Self.composites(query, names, connection)
      let isInSeveral = query.orders.count > 2 && composites.contains { $0 != nil }
      depth = isInSeveral ? query.orders.count - 1 : 1
      isDescending = query.orders[depth - 1].isDescending
    }

    var first: NormalizedQuery.Order { query.orders[0] }
    var isByKey: Bool { first.property == QueryRequest.keyProperty }

    /// Whether candidates come in the order of the results: nothing is left to sort.
    var isSorted: Bool {
      isByKey
        ? query.orders.count == 1
        : query.orders.count == depth + 1
          && query.orders[depth].property == QueryRequest.keyProperty
          && query.orders[depth].isDescending == isDescending
    }

    /// Whether those of one place come in the order of keys, so that each is a group of its own: the
    /// orders behind the key sort the results of one entity.
    var isSortedByKey: Bool {
      if isByKey { return true }
      guard query.orders.count > depth else { return false }
      let next = query.orders[depth]
      return next.property == QueryRequest.keyProperty && next.isDescending == isDescending
    }

    /// Whether the results of two candidates have to be sorted together.
    func isOneGroup(_ a: Candidate, _ b: Candidate) -> Bool {
      a.first == b.first && (!isSortedByKey || a.key == b.key)
    }

    /// Whether a candidate is a result without a look at its entity, unless it is one of several.
    var needsNoEntity: Bool {
      guard isSorted, query.identity.isEmpty, query.required.isEmpty,
        query.conjunctions.count == 1
      else { return false }
      let compared = query.conjunctions[0].ranges.keys
      return compared.allSatisfy { $0 == first.property }
    }

    /// - Parameter atMost: How many results are wanted.
    func candidates(atMost: Int?) throws -> CandidateMerge {
      let sources = try zip(query.conjunctions, composites).compactMap {
        try source($0, $1, atMost: atMost)
      }
      return try CandidateMerge(sources, isDescending: isDescending)
    }

    /// An index in which all that fulfils a conjunction stands.
    struct Way {
      var tree: IndexScan.Tree
      var ranges: [ByteRange]
      /// The value, if all rows have the same: then they come in the order of keys.
      var sharedValue: [UInt8]?

      var namesEachOnce: Bool {
        switch tree {
        case .property(_, nil), .composite: false
        case .property(_, _?), .keys: true
        }
      }
    }

    /// Probes for the equalities; those of properties that no entity ever had are left out.
    func probes(_ conjunction: NormalizedQuery.Conjunction) throws -> [IndexProbe] {
      // What a row of several properties says needs not be asked again.
      if composites.first??.isCovering == true { return [] }
      return try conjunction.equalities.compactMap { equality in
        try number(equality.property).map {
          try IndexProbe(connection, $0, equality.value, cost)
        }
      }
    }

    private func number(_ property: String) throws -> Int64? {
      guard let kind = query.request.kind else { return nil }
      return try names.find(
        IndexNameTable.path(namespace: query.request.namespace, kind: kind, name: property),
        connection)
    }

    /// `nil` if no entity ever had one of the properties.
    private func source(
      _ conjunction: NormalizedQuery.Conjunction, _ composite: Composite?, atMost: Int?
    ) throws -> CandidateMerge.Source? {
      if let composite {
        // Where no entity is in the index, none has all of its properties.
        guard composite.isKnown else { return nil }
        cost.numbers.composites += 1
        if composite.isCovering || depth > 1 {
          return .scan(try scan(composite.way, behind: composite.prefix))
        }
      }
      var equalities: [Way] = []
      for equality in conjunction.equalities {
        guard let number = try number(equality.property) else { return nil }
        let ranges = conjunction.keyRanges.map { $0.prefixed(by: equality.value) }
        equalities.append(
          Way(
            tree: .property(number, sharedValue: equality.value.count), ranges: ranges,
            sharedValue: equality.value))
      }
      var others = equalities
      for (property, ranges) in conjunction.ranges where property != first.property {
        guard let number = try number(property) else { return nil }
        others.append(Way(tree: .property(number, sharedValue: nil), ranges: ranges))
      }
      guard let keys = try keys(conjunction) else { return nil }
      if isByKey {
        if let composite {
          equalities.append(composite.way)
          others.append(composite.way)
        }
        return try byKey(equalities.isEmpty ? [keys] : equalities, others, conjunction)
      }
      guard let number = try number(first.property) else { return nil }
      let ordered = Way(
        tree: .property(number, sharedValue: nil),
        ranges: conjunction.ranges[first.property] ?? [ByteRange()])
      if query.hasNarrowKeys(conjunction) { others.append(keys) }
      if let few = try fewest(others), try isToBeGathered(few.count, atMost: atMost) {
        return .gathered(try gather(few.way, conjunction))
      }
      if let composite { return .scan(try scan(composite.way, behind: composite.prefix)) }
      return .scan(try scan(ordered))
    }

    private func byKey(
      _ inKeyOrder: [Way], _ others: [Way], _ conjunction: NormalizedQuery.Conjunction
    ) throws -> CandidateMerge.Source {
      // Those in the order of keys need not be gathered; of several the one of fewest rows is best.
      if inKeyOrder.count == 1, conjunction.ranges.isEmpty {
        return .scan(try scan(inKeyOrder[0]))
      }
      guard let few = try fewest(others) else { return .scan(try scan(inKeyOrder[0])) }
      if few.way.sharedValue != nil, method != .gather { return .scan(try scan(few.way)) }
      return .gathered(try gather(few.way, conjunction))
    }

    private func keys(_ conjunction: NormalizedQuery.Conjunction) throws -> Way? {
      guard query.request.kind != nil else {
        return Way(tree: .keys, ranges: conjunction.keyRanges)
      }
      guard let number = try number(IndexNames.kindProperty) else { return nil }
      return Way(tree: .property(number, sharedValue: 0), ranges: conjunction.keyRanges)
    }

    /// The one of fewest rows, if they are few enough to be gathered.
    private func fewest(_ ways: [Way]) throws -> (way: Way, count: Int)? {
      if method == .follow { return nil }
      var best: (way: Way, count: Int)?
      for way in ways {
        let limit = best?.count ?? (method == .gather ? Int.max : Self.gatherMaximum + 1)
        let count = try IndexScan.count(connection, way.tree, way.ranges, limit: limit, cost)
        if count < limit { best = (way, count) }
      }
      return best
    }

    /// Whether to gather so many entities, or to follow the order until enough of them have come.
    private func isToBeGathered(_ count: Int, atMost wanted: Int?) throws -> Bool {
      if method == .gather || count <= Self.gatherLimit { return true }
      // Of all kinds, and of those deleted: more than there are. A walk can end anywhere, gathering
      // is bounded; so where there is doubt, gather.
      let highest = try RawStatement(connection, "SELECT max(id) FROM entity")
      defer { highest.reset() }
      let entities = try highest.step() ? Double(highest.number(0)) : 0
      let passed = Double(min(wanted ?? count, count)) * entities / Double(count)
      // A place gathered costs about what two rows and their probes cost.
      return passed > 2 * Double(count)
    }

    /// - Parameter prefix: What all of the way's rows begin with.
    private func scan(_ way: Way, behind prefix: [UInt8]? = nil) throws -> IndexScan {
      try IndexScan(
        connection, way.tree, try rest(of: way.ranges, prefix ?? way.sharedValue),
        isDescending: isDescending, cost)
    }

    /// The values that stand first in a position, as candidates have them.
    func firstComponents(_ position: [UInt8]) throws -> [UInt8] {
      if isByKey { return [] }
      do throws(CorruptBlob) {
        return treeForm(try QueryPosition.components(position, query.orders.prefix(depth))[...])
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }

  extension NormalizedQuery {
    /// Whether a conjunction allows fewer keys than the namespace has.
    func hasNarrowKeys(_ conjunction: Conjunction) -> Bool {
      var writer = BlobWriter()
      KeyCodec.append(request.namespace, to: &writer)
      return conjunction.keyRanges != [.beginning(with: writer.bytes)]
    }
  }

  extension ByteRange {
    /// The places of the range's keys behind a value.
    func prefixed(by value: [UInt8]) -> ByteRange {
      ByteRange(lower: value + lower, upper: value + (upper ?? [IndexCodec.afterAll]))
    }
  }
#endif

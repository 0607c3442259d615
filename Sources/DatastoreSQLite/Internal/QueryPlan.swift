#if SQLite
  internal import Datastore
  internal import GRDB

  /// Chooses where a query looks for its results, inside a reading transaction.
  ///
  /// There is an index of each property, and none of two together. So results either come in the
  /// order of the first property they are ordered by, each checked for the rest; or, where something
  /// else of the filter is fulfilled by few entities, those are gathered and sorted.
  struct QueryPlan {
    /// Up to how many entities are gathered. It bounds memory, and the time of the first page.
    static let gatherLimit = 1_000

    /// The size of entities that are read again rather than kept in memory until it is their turn.
    static let keptBytes = 4_096

    let connection: Database
    let query: NormalizedQuery
    let evaluation: QueryEvaluation
    let names: IndexNames
    let cost: QueryCost
    /// Where the results begin; `nil` at the beginning.
    let start: [UInt8]?

    private var first: NormalizedQuery.Order { query.orders[0] }
    private var isByKey: Bool { first.property == NormalizedQuery.keyProperty }

    /// Whether candidates come in the order of the results: nothing is left to sort.
    var isSorted: Bool {
      isByKey
        ? query.orders.count == 1
        : query.orders.count == 2 && query.orders[1].property == NormalizedQuery.keyProperty
          && query.orders[1].isDescending == first.isDescending
    }

    /// Whether a candidate is a result without a look at its entity, unless it is one of several.
    var needsNoEntity: Bool {
      guard isSorted, query.identity.isEmpty, query.required.isEmpty,
        query.conjunctions.count == 1
      else { return false }
      let compared = query.conjunctions[0].ranges.keys
      return compared.allSatisfy { $0 == first.property }
    }

    func candidates() throws -> CandidateMerge {
      let sources = try query.conjunctions.compactMap { try source($0) }
      return try CandidateMerge(sources, isDescending: first.isDescending)
    }

    /// An index in which all that fulfils a conjunction stands.
    private struct Way {
      var tree: IndexScan.Tree
      var ranges: [ByteRange]
    }

    private func number(_ property: String) throws -> Int64? {
      guard let kind = query.request.kind else { return nil }
      return try names.find(
        IndexNameTable.path(namespace: query.request.namespace, kind: kind, name: property),
        connection)
    }

    /// `nil` if no entity ever had one of the properties.
    private func source(
      _ conjunction: NormalizedQuery.Conjunction
    ) throws -> CandidateMerge.Source? {
      var others: [Way] = []
      for equality in conjunction.equalities {
        guard let number = try number(equality.property) else { return nil }
        let ranges = conjunction.keyRanges.map { $0.prefixed(by: equality.value) }
        others.append(
          Way(tree: .property(number, sharedValue: equality.value.count), ranges: ranges))
      }
      for (property, ranges) in conjunction.ranges where property != first.property {
        guard let number = try number(property) else { return nil }
        others.append(Way(tree: .property(number, sharedValue: nil), ranges: ranges))
      }
      guard let keys = try keys(conjunction) else { return nil }
      if isByKey {
        let inKeyOrder =
          conjunction.equalities.isEmpty
          ? [keys] : Array(others.prefix(conjunction.equalities.count))
        return try byKey(inKeyOrder, others, conjunction)
      }
      guard let number = try number(first.property) else { return nil }
      let ordered = Way(
        tree: .property(number, sharedValue: nil),
        ranges: conjunction.ranges[first.property] ?? [ByteRange()])
      if query.hasNarrowKeys(conjunction) { others.append(keys) }
      if let few = try fewest(others) { return .list(try gather(few)[...]) }
      return .scan(try scan(ordered))
    }

    private func byKey(
      _ inKeyOrder: [Way], _ others: [Way], _ conjunction: NormalizedQuery.Conjunction
    ) throws -> CandidateMerge.Source {
      // Those in the order of keys need not be gathered; of several the one of fewest rows is best.
      if inKeyOrder.count == 1, conjunction.ranges.isEmpty {
        return .scan(try scan(inKeyOrder[0]))
      }
      if let few = try fewest(others) { return .list(try gather(few)[...]) }
      return .scan(try scan(inKeyOrder[0]))
    }

    private func keys(_ conjunction: NormalizedQuery.Conjunction) throws -> Way? {
      guard query.request.kind != nil else {
        return Way(tree: .keys, ranges: conjunction.keyRanges)
      }
      guard let number = try number(IndexNames.kindProperty) else { return nil }
      return Way(tree: .property(number, sharedValue: 0), ranges: conjunction.keyRanges)
    }

    /// The one of fewest rows, if they are few enough to be gathered.
    private func fewest(_ ways: [Way]) throws -> Way? {
      var best: (way: Way, count: Int)?
      for way in ways {
        let limit = best?.count ?? Self.gatherLimit + 1
        let scan = try IndexScan(connection, way.tree, way.ranges, isDescending: false, cost)
        var count = 0
        while count < limit, try scan.next() != nil { count += 1 }
        if count < limit { best = (way, count) }
      }
      return best?.way
    }

    private func scan(_ way: Way) throws -> IndexScan {
      try IndexScan(
        connection, way.tree, try way.ranges.from(start, of: self, way.tree),
        isDescending: first.isDescending, cost)
    }

    private func gather(_ way: Way) throws -> [Candidate] {
      let scan = try IndexScan(connection, way.tree, way.ranges, isDescending: false, cost)
      let reader = EntityReader(connection, cost)
      var candidates: [Candidate] = []
      var seen: Set<[UInt8]> = []
      while let found = try scan.next() {
        guard seen.insert(found.key).inserted else { continue }
        let entity = try reader.read(found.key)
        var groups: [[UInt8]: [QueryEvaluation.Row]] = [:]
        for row in try evaluation.rows(entity, key: found.key) {
          groups[try firstComponent(row.position), default: []].append(
            row.abridged(over: Self.keptBytes))
        }
        for (first, rows) in groups {
          candidates.append(Candidate(first: first, key: found.key, rows: rows))
        }
      }
      return candidates.sorted {
        CandidateMerge.precedes($0, $1, isDescending: first.isDescending)
      }
    }

    /// The value that stands first in a position, as candidates have it.
    func firstComponent(_ position: [UInt8]) throws -> [UInt8] {
      if isByKey { return [] }
      do throws(CorruptBlob) {
        return try QueryPosition.components(position, query.orders.prefix(1))[0]
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }

    /// What stands first in a position, as the tree has it, and the key's bytes behind it if that is
    /// all there is.
    func place(_ position: [UInt8]) throws -> (value: [UInt8], key: [UInt8]?) {
      do throws(CorruptBlob) {
        let all = try QueryPosition.components(position, query.orders[...])
        let value = isByKey ? [] : all[0]
        guard isSorted, let key = all.last else { return (value, nil) }
        return (value, try KeyCodec.plain(fromTerminated: Array(key.dropFirst())))
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }

  extension NormalizedQuery {
    /// Whether a conjunction allows fewer keys than the namespace has.
    fileprivate func hasNarrowKeys(_ conjunction: Conjunction) -> Bool {
      var writer = BlobWriter()
      KeyCodec.append(request.namespace, to: &writer)
      return conjunction.keyRanges != [.beginning(with: writer.bytes)]
    }
  }

  extension ByteRange {
    /// The places of the range's keys behind a value.
    fileprivate func prefixed(by value: [UInt8]) -> ByteRange {
      ByteRange(lower: value + lower, upper: value + (upper ?? [IndexCodec.afterAll]))
    }
  }

  extension [ByteRange] {
    /// What is left of the ranges from the place of a cursor on.
    fileprivate func from(
      _ start: [UInt8]?, of plan: QueryPlan, _ tree: IndexScan.Tree
    ) throws -> [ByteRange] {
      guard let start, !start.isEmpty, let first else { return self }
      var (value, key): ([UInt8], [UInt8]?) = try plan.place(start)
      if case .property(_, let shared?) = tree { value = [UInt8](first.lower.prefix(shared)) }
      let rest =
        if plan.query.orders[0].isDescending {
          ByteRange(upper: key.map { value + $0 } ?? value + [IndexCodec.afterAll])
        } else {
          ByteRange(lower: key.map { value + $0 + [0] } ?? value)
        }
      return map { range in
        let lower = KeyTable.precedes(range.lower, rest.lower) ? rest.lower : range.lower
        let upper = range.upper.map { upper in
          rest.upper.map { KeyTable.precedes(upper, $0) ? upper : $0 } ?? upper
        }
        return ByteRange(lower: lower, upper: upper ?? rest.upper)
      }
    }
  }
#endif

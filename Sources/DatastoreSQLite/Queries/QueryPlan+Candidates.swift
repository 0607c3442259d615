// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension QueryPlan {
    /// The candidates of all conjunctions in order.
    ///
    /// - Parameter atMost: How many results are wanted.
    func candidates(atMost: Int?) throws -> CandidateMerge {
      let sources = try zip(query.conjunctions, composites).compactMap {
        try source($0, $1, atMost: atMost)
      }
      return try CandidateMerge(sources, isDescending: isDescending)
    }

    /// The candidates of one conjunction; `nil` if no entity ever had one of its properties.
    private func source(
      _ conjunction: NormalizedQuery.Conjunction, _ composite: CompositeAccess?, atMost: Int?
    ) throws -> CandidateMerge.Source? {
      if let composite {
        // If the index has no row, no entity has all of its properties.
        guard composite.isKnown else { return nil }
        cost.counts.composites += 1
        if composite.isCovering || depth > 1 {
          return .scan(try scan(composite.path, after: composite.prefix))
        }
      }
      guard let equalities = try equalityPaths(conjunction),
        let ranges = try rangePaths(conjunction), let keys = try keyPath(conjunction)
      else { return nil }
      var others = equalities + ranges
      if isByKey {
        let inKeyOrder = equalities + (composite.map { [$0.path] } ?? [])
        if let composite { others.append(composite.path) }
        if query.isOrderFree, query.request.kind != nil {
          guard let required = try requiredPaths(conjunction) else { return nil }
          others += required
        }
        return try sourceByKey(inKeyOrder.isEmpty ? [keys] : inKeyOrder, others, conjunction)
      }
      guard let id = try propertyID(firstOrder.property) else { return nil }
      let ordered = AccessPath(
        tree: .property(id, sharedValue: nil),
        ranges: conjunction.ranges[ExactText(firstOrder.property)] ?? [ByteRange()],
        properties: [
          QueryOrder(firstOrder.property, isDescending ? .descending : .ascending)
        ])
      if query.restrictsKeys(conjunction) { others.append(keys) }
      if let few = try mostSelective(others), try mustGather(few.count, atMost: atMost) {
        return .gathered(try gather(few.path, conjunction))
      }
      if let composite { return .scan(try scan(composite.path, after: composite.prefix)) }
      return .scan(try scan(ordered))
    }

    /// The candidates of a conjunction in the order of keys.
    ///
    /// Paths in that order need not be gathered. Of several, the one with the fewest rows is best.
    private func sourceByKey(
      _ inKeyOrder: [AccessPath], _ others: [AccessPath],
      _ conjunction: NormalizedQuery.Conjunction
    ) throws -> CandidateMerge.Source {
      if inKeyOrder.count == 1, conjunction.ranges.isEmpty, others.allSatisfy(isInOrder) {
        return .scan(try scan(inKeyOrder[0]))
      }
      guard let few = try mostSelective(others) else { return .scan(try scan(inKeyOrder[0])) }
      if isInOrder(few.path), strategy != .gather { return .scan(try scan(few.path)) }
      if strategy == .cheapest, !others.contains(where: isInOrder) {
        let keys = inKeyOrder[0]
        if try keys.tree.count(keys.ranges, limit: few.count, connection, cost) < few.count {
          return .scan(try scan(keys))
        }
      }
      return .gathered(try gather(few.path, conjunction))
    }

    /// Whether the rows of a path are in the order of keys.
    private func isInOrder(_ path: AccessPath) -> Bool { path.sharedValue != nil }

    // MARK: Access paths

    private func equalityPaths(
      _ conjunction: NormalizedQuery.Conjunction
    ) throws -> [AccessPath]? {
      var paths: [AccessPath] = []
      for equality in conjunction.equalities {
        guard let id = try propertyID(equality.property) else { return nil }
        paths.append(
          AccessPath(
            tree: .property(id, sharedValue: equality.value.count),
            ranges: conjunction.keyRanges.map { $0.prefixed(by: equality.value) },
            sharedValue: equality.value, properties: [QueryOrder(equality.property)]))
      }
      return paths
    }

    private func rangePaths(_ conjunction: NormalizedQuery.Conjunction) throws -> [AccessPath]? {
      var paths: [AccessPath] = []
      for (name, ranges) in conjunction.ranges where name != ExactText(firstOrder.property) {
        let property = name.text
        guard let id = try propertyID(property) else { return nil }
        paths.append(
          AccessPath(
            tree: .property(id, sharedValue: nil), ranges: ranges,
            properties: [QueryOrder(property)]))
      }
      return paths
    }

    /// The paths through the properties that an aggregation needs, which do not pass entities
    /// without them; `nil` if no entity ever had one of them.
    private func requiredPaths(
      _ conjunction: NormalizedQuery.Conjunction
    ) throws -> [AccessPath]? {
      var paths: [AccessPath] = []
      let compared = conjunction.equalities.map(\.property) + conjunction.ranges.keys.map(\.text)
      for property in query.required where !compared.containsExactly(property) {
        guard let id = try propertyID(property) else { return nil }
        paths.append(
          AccessPath(
            tree: .property(id, sharedValue: nil), ranges: [ByteRange()],
            properties: [QueryOrder(property)]))
      }
      return paths
    }

    /// The path through the keys, of all kinds or of the query's kind.
    private func keyPath(_ conjunction: NormalizedQuery.Conjunction) throws -> AccessPath? {
      guard query.request.kind != nil else {
        return AccessPath(tree: .keys, ranges: conjunction.keyRanges)
      }
      guard let id = try propertyID(PropertyPaths.kindProperty) else { return nil }
      return AccessPath(tree: .property(id, sharedValue: 0), ranges: conjunction.keyRanges)
    }

    // MARK: Choosing

    /// The path with the fewest rows, if they are few enough to be gathered.
    private func mostSelective(_ paths: [AccessPath]) throws -> (path: AccessPath, count: Int)? {
      if strategy == .followOrder { return nil }
      var best: (path: AccessPath, count: Int)?
      for path in paths {
        let limit = best?.count ?? (strategy == .gather ? Int.max : Self.maxGathered + 1)
        let count = try path.tree.count(path.ranges, limit: limit, connection, cost)
        if count < limit { best = (path, count) }
      }
      return best
    }

    /// Whether to gather so many entities, rather than follow the order until there are enough.
    private func mustGather(_ count: Int, atMost wanted: Int?) throws -> Bool {
      if strategy == .gather || count <= Self.alwaysGatherLimit { return true }
      // The highest rowid counts other kinds and deleted entities too, so it is an overestimate.
      // But following the order can pass any number of rows, and gathering is bounded. So in doubt,
      // gather.
      let highest = try RawStatement(connection, "SELECT max(id) FROM entity")
      defer { highest.reset() }
      let entities = try highest.step() ? Double(highest.number(0)) : 0
      let passed = Double(min(wanted ?? count, count)) * entities / Double(count)
      // To gather one entity costs about as much as two rows and their probes.
      return passed > 2 * Double(count)
    }

    /// - Parameter prefix: What all rows of the path begin with.
    private func scan(_ path: AccessPath, after prefix: [UInt8]? = nil) throws -> IndexScan {
      cost.indexes.append(Explanation.index(path.properties))
      return try IndexScan(
        connection, path.tree, try rest(of: path.ranges, prefix ?? path.sharedValue),
        isDescending: isDescending, cost)
    }
  }
#endif

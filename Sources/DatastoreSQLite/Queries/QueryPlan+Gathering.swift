// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension QueryPlan {
    /// Gathers the entities of one access path that come after the cursor.
    ///
    /// Of each entity only the values of the first order are read. The rest of the filter is
    /// checked when it is the entity's turn, and a first page has few of them.
    func gather(
      _ path: AccessPath, _ conjunction: NormalizedQuery.Conjunction
    ) throws -> CandidateSet {
      cost.indexes.append(Explanation.index(path.properties))
      let scan = try IndexScan(
        connection, path.tree, path.ranges, isDescending: false, withData: !isByKey, cost)
      let ranges = conjunction.ranges[ExactText(firstOrder.property)]
      let rest = try rest()
      let property = Array(firstOrder.property.utf8)
      var candidates = CandidateSet()
      var seen: Set<[UInt8]> = []
      var values: [[UInt8]] = []
      while try scan.step() {
        let key = try scan.key()
        if !path.hasEachEntityOnce, !seen.insert([UInt8](key)).inserted { continue }
        values.removeAll(keepingCapacity: true)
        if isByKey {
          values.append([])
        } else {
          try reader.appendValues(of: property, key, data: scan.data(of: key), to: &values)
        }
        let target = EntryTarget(scan.target.rowID, isMultiValued: values.count > 1)
        if let ranges { values.removeAll { !ranges.contains($0) } }
        if values.count > 1 { values = orderingValues(values) }
        for value in values where rest?.contains(value + key) ?? true {
          candidates.add(value, key, target)
        }
      }
      candidates.sort(isDescending: isDescending)
      return candidates
    }

    /// The values that give an entity its position: its first value in the order, or every value if
    /// each combination of values is a result.
    private func orderingValues(_ values: [[UInt8]]) -> [[UInt8]] {
      if query.identity.containsExactly(firstOrder.property) { return Array(Set(values)) }
      let first =
        firstOrder.isDescending
        ? values.max(by: ByteComparison.precedes) : values.min(by: ByteComparison.precedes)
      return first.map { [$0] } ?? []
    }
  }
#endif

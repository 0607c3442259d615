#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension QueryPlan {
    /// The places, behind the cursor, of all entities of one way.
    ///
    /// Of each entity only its values of the first order are read. What else the filter says is
    /// checked when it is the place's turn, of which a first page has few.
    func gather(
      _ way: Way, _ conjunction: NormalizedQuery.Conjunction
    ) throws -> GatheredPlaces {
      let scan = try IndexScan(
        connection, way.tree, way.ranges, isDescending: false, withData: !isByKey, cost)
      let ranges = conjunction.ranges[first.property]
      let rest = try rest()
      let property = Array(first.property.utf8)
      var places = GatheredPlaces()
      var seen: Set<[UInt8]> = []
      var values: [[UInt8]] = []
      while try scan.step() {
        let key = try scan.key()
        if !way.namesEachOnce, !seen.insert([UInt8](key)).inserted { continue }
        values.removeAll(keepingCapacity: true)
        if isByKey {
          values.append([])
        } else {
          try reader.appendValues(of: property, key, data: scan.data(of: key), to: &values)
        }
        let target = EntryTarget(scan.target.number, isOneOfSeveral: values.count > 1)
        if let ranges { values.removeAll { !ranges.contains($0) } }
        if values.count > 1 { values = standing(values) }
        for value in values where rest?.contains(value + key) ?? true {
          places.add(value, key, target)
        }
      }
      places.sort(isDescending: isDescending)
      return places
    }

    /// The values by which an entity stands in the order: one, or where combinations of values are
    /// results, each.
    private func standing(_ values: [[UInt8]]) -> [[UInt8]] {
      if query.identity.contains(first.property) { return Array(Set(values)) }
      let best =
        first.isDescending
        ? values.max(by: KeyTable.precedes) : values.min(by: KeyTable.precedes)
      return best.map { [$0] } ?? []
    }
  }
#endif

#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension QueryPlan {
    /// The places that are left behind the cursor; `nil` without one.
    ///
    /// - Parameter sharedValue: What stands before values and keys in all places.
    func rest(_ sharedValue: [UInt8]? = nil) throws -> ByteRange? {
      if start.isEmpty { return nil }
      let place = try place(start)
      let value = (sharedValue ?? []) + place.value
      guard let key = place.key else {
        return isDescending
          ? ByteRange(upper: value + [IndexCodec.afterAll]) : ByteRange(lower: value)
      }
      // Other results of the cursor's entity may follow, unless the key is what was left to tell.
      let isIncluded = !isSorted
      return isDescending
        ? ByteRange(upper: value + key + (isIncluded ? [0] : []))
        : ByteRange(lower: value + key + (isIncluded ? [] : [0]))
    }

    /// What is left of ranges behind the cursor.
    func rest(of ranges: [ByteRange], _ sharedValue: [UInt8]?) throws -> [ByteRange] {
      guard let rest = try rest(sharedValue) else { return ranges }
      return ranges.map { range in
        let lower = KeyTable.precedes(range.lower, rest.lower) ? rest.lower : range.lower
        let upper = range.upper.map { upper in
          rest.upper.map { KeyTable.precedes(upper, $0) ? upper : $0 } ?? upper
        }
        return ByteRange(lower: lower, upper: upper ?? rest.upper)
      }
    }

    /// The values of the first orders as they stand in the tree.
    func treeForm(_ values: ArraySlice<[UInt8]>) -> [UInt8] {
      var form: [UInt8] = []
      for (value, order) in zip(values, query.orders) {
        QueryPosition.append(
          value, isDescending: order.isDescending != isDescending, to: &form)
      }
      return form
    }

    /// What stands first in a position, as the tree has it, and the key's bytes behind it if
    /// candidates of equal values come in their order.
    private func place(_ position: [UInt8]) throws -> (value: [UInt8], key: [UInt8]?) {
      do throws(CorruptBlob) {
        let all = try QueryPosition.components(position, query.orders[...])
        let values = isByKey ? 0 : depth
        guard isSortedByKey, values < all.count else { return (treeForm(all.prefix(values)), nil) }
        return (
          treeForm(all.prefix(values)),
          try KeyCodec.plain(fromTerminated: Array(all[values].dropFirst()))
        )
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }
#endif

#if SQLite
  internal import Datastore

  extension QueryPlan {
    /// The places that are left behind the cursor; `nil` without one.
    ///
    /// - Parameter sharedValue: What stands before values and keys in all places.
    func rest(_ sharedValue: [UInt8]? = nil) throws -> ByteRange? {
      if start.isEmpty { return nil }
      let place = try place(start)
      let value = (sharedValue ?? []) + place.value
      return isDescending
        ? ByteRange(upper: place.key.map { value + $0 } ?? value + [IndexCodec.afterAll])
        : ByteRange(lower: place.key.map { value + $0 + [0] } ?? value)
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

    /// What stands first in a position, as the tree has it, and the key's bytes behind it if that is
    /// all there is.
    private func place(_ position: [UInt8]) throws -> (value: [UInt8], key: [UInt8]?) {
      do throws(CorruptBlob) {
        let all = try QueryPosition.components(position, query.orders[...])
        let value = isByKey ? [] : treeForm(all.prefix(depth))
        guard isSorted, let key = all.last else { return (value, nil) }
        return (value, try KeyCodec.plain(fromTerminated: Array(key.dropFirst())))
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }
#endif

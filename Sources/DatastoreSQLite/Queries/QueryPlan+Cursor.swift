// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension QueryPlan {
    /// The positions after the cursor; `nil` without a cursor.
    ///
    /// - Parameter prefix: What all positions begin with.
    func rest(_ prefix: [UInt8]? = nil) throws -> ByteRange? {
      if start.isEmpty { return nil }
      let place = try treePosition(start)
      let value = (prefix ?? []) + place.values
      guard let key = place.key else {
        return isDescending
          ? ByteRange(upper: value + [IndexCodec.afterAll]) : ByteRange(lower: value)
      }
      // More results of the cursor's entity may follow, unless the key alone decides the order.
      let isIncluded = !isSorted
      return isDescending
        ? ByteRange(upper: value + key + (isIncluded ? [0] : []))
        : ByteRange(lower: value + key + (isIncluded ? [] : [0]))
    }

    /// The parts of ranges after the cursor.
    func rest(of ranges: [ByteRange], _ prefix: [UInt8]?) throws -> [ByteRange] {
      guard let rest = try rest(prefix) else { return ranges }
      return ranges.map { range in
        let lower = ByteComparison.precedes(range.lower, rest.lower) ? rest.lower : range.lower
        let upper = range.upper.map { upper in
          rest.upper.map { ByteComparison.precedes(upper, $0) ? upper : $0 } ?? upper
        }
        return ByteRange(lower: lower, upper: upper ?? rest.upper)
      }
    }

    /// The order values of a position, in the form that candidates have them.
    func orderValues(of position: [UInt8]) throws -> [UInt8] {
      if isByKey { return [] }
      do throws(CorruptBlob) {
        return treeForm(try QueryPosition.components(position, query.orders.prefix(depth))[...])
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }

    /// The values of the first orders in the form of the tree.
    private func treeForm(_ values: ArraySlice<[UInt8]>) -> [UInt8] {
      var form: [UInt8] = []
      for (value, order) in zip(values, query.orders) {
        QueryPosition.append(
          value, isDescending: order.isDescending != isDescending, to: &form)
      }
      return form
    }

    /// The order values of a position in the form of the tree, and the key's bytes after them if
    /// candidates with equal values come in the order of keys.
    private func treePosition(_ position: [UInt8]) throws -> (values: [UInt8], key: [UInt8]?) {
      do throws(CorruptBlob) {
        let all = try QueryPosition.components(position, query.orders[...])
        let count = isByKey ? 0 : depth
        guard isSortedByKey, count < all.count else { return (treeForm(all.prefix(count)), nil) }
        return (
          treeForm(all.prefix(count)),
          try KeyCodec.plain(fromTerminated: Array(all[count].dropFirst()))
        )
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }
#endif

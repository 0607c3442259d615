// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine

  /// Gathered candidates, which were found in another order and are sorted here.
  struct CandidateSet {
    private struct Item {
      var start: Int
      var key: Int
      var end: Int
      var target: EntryTarget
    }

    /// The values and keys of all candidates in one array, so that a thousand candidates are not a
    /// thousand objects.
    private var bytes: [UInt8] = []
    private var items: [Item] = []
    private var taken = 0

    mutating func add(
      _ orderValue: [UInt8], _ key: UnsafeRawBufferPointer, _ target: EntryTarget
    ) {
      let start = bytes.count
      bytes += orderValue
      bytes.append(contentsOf: key)
      items.append(
        Item(start: start, key: start + orderValue.count, end: bytes.count, target: target))
    }

    /// Sorts the candidates. Call it once, when all are there.
    mutating func sort(isDescending: Bool) {
      bytes.withUnsafeBytes { bytes in
        items.sort {
          // A value shows where it ends, so value and key sort as one.
          let order = ByteComparison.compare(
            UnsafeRawBufferPointer(rebasing: bytes[$0.start..<$0.end]),
            UnsafeRawBufferPointer(rebasing: bytes[$1.start..<$1.end]))
          return isDescending ? order > 0 : order < 0
        }
      }
    }

    mutating func next() -> Candidate? {
      if taken == items.count { return nil }
      let item = items[taken]
      taken += 1
      return Candidate(
        orderValues: Array(bytes[item.start..<item.key]), key: Array(bytes[item.key..<item.end]),
        rowID: item.target.rowID, isMultiValued: item.target.isMultiValued)
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine
internal import DatastoreModel

/// Encoded keys, one after the other in one array.
struct EncodedKeys: Sendable {
  /// The bytes of all keys.
  private(set) var bytes: [UInt8]
  /// The end of each key, in the order given.
  let ends: [Int]

  func range(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// Visits each different key once, in the order of the tree in which SQLite searches them.
  func withSortedUniqueKeys(
    _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try bytes.withUnsafeBytes { all in
      var last: UnsafeRawBufferPointer?
      for index in sortedIndices(all) {
        let key = UnsafeRawBufferPointer(rebasing: all[range(index)])
        if let last, ByteComparison.compare(last, key) == 0 { continue }
        last = key
        try body(index, key)
      }
    }
  }

  /// The indices of two equal keys, the earlier one first.
  func firstRepeated() -> (Int, Int)? {
    bytes.withUnsafeBytes { all in
      let sorted = sortedIndices(all)
      for (left, right) in zip(sorted, sorted.dropFirst()) {
        let first = UnsafeRawBufferPointer(rebasing: all[range(left)])
        let second = UnsafeRawBufferPointer(rebasing: all[range(right)])
        if ByteComparison.compare(first, second) == 0 { return (left, right) }
      }
      return nil
    }
  }

  /// Replaces the ID at the end of a key, which is its last eight bytes.
  mutating func replaceID(_ index: Int, with id: Int64) {
    let form = KeyCodec.flippingSign(id).bigEndian
    withUnsafeBytes(of: form) { bytes.replaceSubrange(ends[index] - 8..<ends[index], with: $0) }
  }

  private func sortedIndices(_ all: UnsafeRawBufferPointer) -> [Int] {
    ends.indices.sorted { left, right in
      let order = ByteComparison.compare(
        UnsafeRawBufferPointer(rebasing: all[range(left)]),
        UnsafeRawBufferPointer(rebasing: all[range(right)]))
      return order < 0 || (order == 0 && left < right)
    }
  }
}

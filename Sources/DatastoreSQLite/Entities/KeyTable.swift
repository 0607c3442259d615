internal import DatastoreEngine
internal import DatastoreModel

#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Encoded keys, one behind the other.
struct KeyTable: Sendable {
  /// All keys' bytes.
  private(set) var bytes: [UInt8]
  /// Where each key ends, in the order given.
  let ends: [Int]

  func range(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// Visits the keys in the order of their bytes, which is that of the tree they are looked up in,
  /// and equal ones once.
  func withSortedUniqueKeys(
    _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try bytes.withUnsafeBytes { all in
      var last: UnsafeRawBufferPointer?
      for index in sortedIndices(all) {
        let key = UnsafeRawBufferPointer(rebasing: all[range(index)])
        if let last, Self.compare(last, key) == 0 { continue }
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
        if Self.compare(first, second) == 0 { return (left, right) }
      }
      return nil
    }
  }

  /// Writes a number over the last eight bytes of a key that ends with one.
  mutating func replaceID(_ index: Int, with id: Int64) {
    let form = KeyCodec.flippingSign(id).bigEndian
    withUnsafeBytes(of: form) { bytes.replaceSubrange(ends[index] - 8..<ends[index], with: $0) }
  }

  private func sortedIndices(_ all: UnsafeRawBufferPointer) -> [Int] {
    ends.indices.sorted { left, right in
      let order = Self.compare(
        UnsafeRawBufferPointer(rebasing: all[range(left)]),
        UnsafeRawBufferPointer(rebasing: all[range(right)]))
      return order < 0 || (order == 0 && left < right)
    }
  }

  /// Whether bytes come before others.
  static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { compare(left, $0) < 0 } }
  }

  /// Negative, zero or positive, as bytes compare, a prefix before what it is a prefix of.
  static func compare(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else {
      return left.count - right.count
    }
    let order = memcmp(first, second, min(left.count, right.count))
    return order == 0 ? left.count - right.count : Int(order)
  }
}

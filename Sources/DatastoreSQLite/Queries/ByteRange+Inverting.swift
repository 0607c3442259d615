// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension ByteRange {
    /// The positions with this value and a key of the range.
    func prefixed(by value: [UInt8]) -> ByteRange {
      ByteRange(lower: value + lower, upper: value + (upper ?? [IndexCodec.afterAll]))
    }

    /// A byte that is less than the first byte of every value.
    ///
    /// It is greater than zero: in the inverted form of a text, a longer text goes on with a zero
    /// byte.
    static let beforeAll: UInt8 = 1

    /// The range of the same values in inverted form; `nil` if a bound is not at a value's edge.
    func inverted() -> ByteRange? {
      var result = ByteRange()
      if !lower.isEmpty {
        guard let bound = Self.inverted(lower) else { return nil }
        result.upper = bound
      }
      if let upper {
        guard let bound = Self.inverted(upper) else { return nil }
        result.lower = bound
      }
      return result
    }

    /// A bound before a value becomes one after it, and the other way round.
    private static func inverted(_ bound: [UInt8]) -> [UInt8]? {
      if isValue(bound) { return bound.map { ~$0 } + [IndexCodec.afterAll] }
      let value = bound.dropLast()
      guard bound.last == IndexCodec.afterAll, isValue(Array(value)) else { return nil }
      return value.map { ~$0 } + [Self.beforeAll]
    }

    private static func isValue(_ bytes: [UInt8]) -> Bool {
      let length = bytes.withUnsafeBytes { try? IndexCodec.length(of: $0, from: 0) }
      return length == bytes.count
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
/// A range of byte strings, such as those of all values greater than a given one.
///
/// Unstable: this type may change in any minor release.
public struct ByteRange: Sendable, Hashable {
  /// The first byte string in the range.
  public var lower: [UInt8]
  /// The first byte string after the range. `nil` if the range has no end.
  public var upper: [UInt8]?

  package init(lower: [UInt8] = [], upper: [UInt8]? = nil) {
    self.lower = lower
    self.upper = upper
  }

  static let all = ByteRange()

  /// All byte strings that begin with `prefix`, provided that the byte `FF` never follows it.
  public static func beginning(with prefix: [UInt8]) -> ByteRange {
    ByteRange(lower: prefix, upper: prefix + [IndexCodec.afterAll])
  }

  var isEmpty: Bool {
    guard let upper else { return false }
    return !ByteComparison.precedes(lower, upper)
  }

  public func contains(_ bytes: [UInt8]) -> Bool {
    guard !ByteComparison.precedes(bytes, lower) else { return false }
    guard let upper else { return true }
    return ByteComparison.precedes(bytes, upper)
  }

  func intersection(_ other: ByteRange) -> ByteRange {
    let lower = ByteComparison.precedes(self.lower, other.lower) ? other.lower : self.lower
    let upper: [UInt8]? =
      switch (self.upper, other.upper) {
      case (let a?, let b?): ByteComparison.precedes(a, b) ? a : b
      case (let only?, nil), (nil, let only?): only
      case (nil, nil): nil
      }
    return ByteRange(lower: lower, upper: upper)
  }
}

extension [ByteRange] {
  /// The bytes in one of these ranges and in one of `others`. Both lists are ordered and disjoint,
  /// and so is the result.
  func intersection(_ others: [ByteRange]) -> [ByteRange] {
    flatMap { range in others.map { range.intersection($0) } }.filter { !$0.isEmpty }
  }

  public func contains(_ bytes: [UInt8]) -> Bool { contains { $0.contains(bytes) } }
}

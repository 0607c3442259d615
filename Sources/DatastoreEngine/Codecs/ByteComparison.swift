// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// The order of byte strings. The encoded keys, values and positions of this module have this
/// order.
///
/// Unstable: these functions may change in any minor release.
public enum ByteComparison {
  /// Whether `left` comes before `right`. A prefix comes before any longer byte string.
  public static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { compare(left, $0) < 0 } }
  }

  /// Negative, zero or positive if `left` comes before, equals or comes after `right`.
  package static func compare(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else {
      return left.count - right.count
    }
    let order = memcmp(first, second, min(left.count, right.count))
    return order == 0 ? left.count - right.count : Int(order)
  }
}

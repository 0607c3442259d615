#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// The order of bytes, which is that of keys, values and positions in the forms of this module.
///
/// Unstable: these functions may change in any minor release.
public enum ByteComparison {
  /// Whether bytes come before others; a prefix comes before what it is a prefix of.
  public static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { compare(left, $0) < 0 } }
  }

  /// Negative, zero or positive, as the left bytes come before, equal or come after the right.
  public static func compare(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else {
      return left.count - right.count
    }
    let order = memcmp(first, second, min(left.count, right.count))
    return order == 0 ? left.count - right.count : Int(order)
  }
}

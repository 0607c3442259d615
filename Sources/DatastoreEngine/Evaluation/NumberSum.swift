public import DatastoreModel

/// Adds up the numbers among values as `Aggregation.sum(_:)` promises.
///
/// Unstable: this type may change in any minor release.
public struct NumberSum {
  private var count = 0
  /// Wide enough for more integers than there can be, so that no order of them overflows.
  private var integers: Int128 = 0
  private var doubles = 0.0
  private var hasDoubles = false

  public init() {}

  /// Adds a value if it is a number.
  public mutating func add(_ value: Value) {
    switch value {
    case .integer(let number):
      count += 1
      integers += Int128(number)
    case .double(let number):
      count += 1
      doubles += number
      hasDoubles = true
    default: break
    }
  }

  /// The sum: an integer if all are and it fits, else a double.
  public var sum: Value {
    if !hasDoubles, let sum = Int64(exactly: integers) { return .integer(sum) }
    return .double(total)
  }

  /// The mean as a double; null of nothing.
  public var average: Value { count == 0 ? .null : .double(total / Double(count)) }

  private var total: Double { Double(integers) + doubles }
}

// SPDX-License-Identifier: Apache-2.0
package import DatastoreModel

/// Adds up the numbers among values, by the rules of `Aggregation.sum(_:)`.
package struct NumberSum {
  private var count = 0
  /// Wide enough for more integers than there can be, so it never overflows.
  private var integers: Int128 = 0
  private var doubles = 0.0
  private var hasDoubles = false

  package init() {}

  /// Adds a value if it is a number.
  package mutating func add(_ value: Value) {
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

  /// The sum. An integer if all numbers are integers and it fits, otherwise a double.
  package var sum: Value {
    if !hasDoubles, let sum = Int64(exactly: integers) { return .integer(sum) }
    return .double(total)
  }

  /// The mean as a double. Null without numbers.
  package var average: Value { count == 0 ? .null : .double(total / Double(count)) }

  private var total: Double { Double(integers) + doubles }
}

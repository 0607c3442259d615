/// Adds up the numbers among values as ``Aggregation/sum(_:)`` promises.
package struct NumberSum {
  private var count = 0
  /// The integers while they fit; all of them as a double besides.
  private var integers: Int64? = 0
  private var integersAsDouble = 0.0
  private var doubles = 0.0
  private var hasDoubles = false

  package init() {}

  /// Adds a value if it is a number.
  package mutating func add(_ value: Value) {
    switch value {
    case .integer(let number):
      count += 1
      integersAsDouble += Double(number)
      let (sum, overflow) = (integers ?? 0).addingReportingOverflow(number)
      integers = integers == nil || overflow ? nil : sum
    case .double(let number):
      count += 1
      doubles += number
      hasDoubles = true
    default: break
    }
  }

  /// The sum: an integer if all are and it fits, else a double.
  package var sum: Value {
    if let integers, !hasDoubles { return .integer(integers) }
    return .double(total)
  }

  /// The mean as a double; null of nothing.
  package var average: Value { count == 0 ? .null : .double(total / Double(count)) }

  private var total: Double { (integers.map { Double($0) } ?? integersAsDouble) + doubles }
}

// SPDX-License-Identifier: Apache-2.0
/// A number for a person: `1,024`.
func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  var groups: [Substring] = []
  while digits.count > 3 {
    groups.append(digits.suffix(3))
    digits.removeLast(3)
  }
  groups.append(digits[...])
  return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
}

/// A number and what it counts: `1 batch`, `1,024 batches`.
///
/// - Parameter many: the plural; by default with an `s`.
func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? one : many ?? "\(one)s")"
}

// SPDX-License-Identifier: Apache-2.0
/// A duration in the largest unit in which it is at least 1, such as `5 ms` or `1.5 s`. Exact to a
/// thousandth of that unit.
package func durationText(_ duration: Duration) -> String {
  let nanoseconds = duration.clampedNanoseconds
  let units: [(String, UInt64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)]
  guard let (unit, size) = units.first(where: { nanoseconds >= $0.1 }) else {
    return "\(nanoseconds) ns"
  }
  let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: size)
  let thousandths = rest / (size / 1_000)
  if thousandths == 0 { return "\(whole) \(unit)" }
  var digits = String(thousandths + 1_000).dropFirst()
  while digits.last == "0" { digits.removeLast() }
  return "\(whole).\(digits) \(unit)"
}

// SPDX-License-Identifier: Apache-2.0
/// `number` with a comma between groups of three digits: `1,000,000`.
package func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
    result.append(digit)
  }
  return result
}

/// `number` and the noun, with an `s` unless `number` is one: `1 row`, `2,000 rows`.
package func counted(_ number: Int, _ noun: String) -> String {
  "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
}

/// `number` and the matching form of the noun: `1 entity`, `2,000 entities`.
package func counted(_ number: Int, _ singular: String, _ plural: String) -> String {
  "\(grouped(number)) \(number == 1 ? singular : plural)"
}

/// A duration in three digits and a unit: `850 µs`, `1.25 s`, `12.3 s`; or `2 min 5 s`.
package func formatted(_ duration: Duration) -> String {
  let (wholeSeconds, attoseconds) = duration.components
  let seconds = Double(wholeSeconds) + Double(attoseconds) * 1e-18
  if seconds >= 59.95 {
    let rounded = Int(seconds.rounded())
    return "\(grouped(rounded / 60)) min \(rounded % 60) s"
  }
  // Each bound is where rounding would write a fourth digit.
  if seconds >= 0.9995 { return "\(threeDigits(seconds)) s" }
  if seconds >= 0.000_999_5 { return "\(threeDigits(seconds * 1e3)) ms" }
  return "\(Int((seconds * 1e6).rounded())) µs"
}

/// How many per second, rounded; `nil` if `duration` is too short for a rate.
package func rate(_ count: Int, in duration: Duration) -> Int? {
  let seconds = duration / .seconds(1)
  return seconds > 0.000_001 ? Int((Double(count) / seconds).rounded()) : nil
}

/// The sizes of batches, each with how often it occurred: `500 (1,999 times), 12 (once)`.
///
/// Sizes are in descending order. If there are more than `limit`, the most frequent sizes are
/// listed and the rest is summed up:
/// `500 (1,999 times), 12 (40 times) and 7 other sizes from 1 to 499`.
///
/// - Parameter counts: How often each size occurred.
package func compressed(sizes counts: [Int: Int], atMost limit: Int = 4) -> String {
  // Of two sizes that are equally frequent, the larger says more.
  let byFrequency = counts.sorted { ($0.value, $0.key) > ($1.value, $1.key) }
  let kept = byFrequency.prefix(limit).sorted { $0.key > $1.key }
  let text = kept.map { size, count in
    "\(grouped(size)) (\(count == 1 ? "once" : "\(grouped(count)) times"))"
  }.joined(separator: ", ")
  let others = byFrequency.dropFirst(limit).map(\.key)
  guard let smallest = others.min(), let largest = others.max() else { return text }
  if others.count == 1 { return "\(text) and 1 other size, \(grouped(smallest))" }
  return "\(text) and \(others.count) other sizes from \(grouped(smallest)) to \(grouped(largest))"
}

private func threeDigits(_ value: Double) -> String {
  // 99.95 would be written 100.0, and 9.995 would be written 10.00.
  let decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  let scale = [1, 10, 100][decimals]
  let scaled = Int((value * Double(scale)).rounded())
  guard decimals > 0 else { return String(scaled) }
  let fraction = String(scaled % scale)
  return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

// SPDX-License-Identifier: Apache-2.0
public import FoundationEssentials

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Sendable, Hashable {
  /// Microseconds since 1970-01-01T00:00:00Z without leap seconds. Negative for earlier times.
  public var microseconds: Int64

  /// Makes a point in time. Only ``min`` to ``max`` can be stored.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// 0001-01-01T00:00:00Z, the earliest that can be stored.
  public static let min = Timestamp(microseconds: -62_135_596_800_000_000)
  /// 9999-12-31T23:59:59.999999Z, the latest that can be stored.
  public static let max = Timestamp(microseconds: 253_402_300_799_999_999)

  /// The system clock's time.
  public static var now: Timestamp { Timestamp(Date()) }
}

/// Microseconds from 1970-01-01 to 2001-01-01, the reference date of `Date`.
private let referenceDate: Int64 = 978_307_200_000_000

extension Timestamp {
  /// Makes the timestamp nearest to a date.
  ///
  /// A date that does not fit, or is not a number, becomes a time that cannot be stored. Putting it
  /// fails with an error that says so.
  public init(_ date: Date) {
    let sinceReference = (date.timeIntervalSinceReferenceDate * 1e6).rounded()
    guard let whole = Int64(exactly: sinceReference) else {
      self.init(microseconds: sinceReference > 0 ? .max : .min)
      return
    }
    let (sum, overflow) = whole.addingReportingOverflow(referenceDate)
    self.init(microseconds: overflow ? .max : sum)
  }

  /// The date of this time. It is exact to the microsecond for about 270 years around 2001.
  public var date: Date {
    let (difference, overflow) = microseconds.subtractingReportingOverflow(referenceDate)
    let sinceReference = overflow ? Double(microseconds) - 978_307_200e6 : Double(difference)
    return Date(timeIntervalSinceReferenceDate: sinceReference / 1e6)
  }
}

extension Timestamp: Comparable {
  /// Whether `a` is earlier.
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with as many decimals as needed: `2026-11-23T02:30:11.5Z`.
  public var description: String {
    let day: Int64 = 86_400_000_000
    let remainder = microseconds % day
    let inDay = remainder < 0 ? remainder + day : remainder
    let days = microseconds / day - (remainder < 0 ? 1 : 0)
    let (year, month, dayOfMonth) = Self.civil(days: days)
    let seconds = inDay / 1_000_000
    var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T"
    text += "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2))"
    text += ":\(padded(seconds % 60, 2))"
    if inDay % 1_000_000 != 0 {
      var decimals = padded(inDay % 1_000_000, 6)
      while decimals.hasSuffix("0") { decimals.removeLast() }
      text += ".\(decimals)"
    }
    return text + "Z"
  }

  /// The Gregorian date of a day counted from 1970-01-01. It computes in eras of 400 years that
  /// begin in March, so that the leap day is the last day of its year.
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let inEra = shifted - era * 146_097
    let yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * inYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, inYear - (153 * marchMonth + 2) / 5 + 1)
  }
}

private func padded(_ number: Int64, _ width: Int) -> String {
  let digits = String(number.magnitude)
  let zeros = String(repeating: "0", count: Swift.max(0, width - digits.count))
  return (number < 0 ? "-" : "") + zeros + digits
}

/// In other formats a timestamp is its microseconds. `EntityEncoder` stores it as a timestamp.
extension Timestamp: Codable {
  /// Reads the microseconds.
  public init(from decoder: any Decoder) throws {
    microseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  /// Writes the microseconds.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(microseconds)
  }
}

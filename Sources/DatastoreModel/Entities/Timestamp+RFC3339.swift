// SPDX-License-Identifier: Apache-2.0
extension Timestamp {
  /// Reads a time in the form of RFC 3339: `2026-11-25T04:00:00.5Z`, or with `+01:00` for `Z`.
  ///
  /// It may have up to six decimals and no leap second, in the years 0001 to 9999. `nil` for
  /// anything else, including `+00:00` and `-00:00`, which the Datastore refuses too.
  package init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[range] {
        guard 48...57 ~= byte else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    func isAt(_ position: Int, _ characters: String) -> Bool {
      position < bytes.count && characters.utf8.contains(bytes[position])
    }
    guard let year = number(0..<4), isAt(4, "-"), let month = number(5..<7), isAt(7, "-"),
      let day = number(8..<10), isAt(10, "Tt"), let hour = number(11..<13), isAt(13, ":"),
      let minute = number(14..<16), isAt(16, ":"), let second = number(17..<19),
      year >= 1, 1...12 ~= month, hour < 24, minute < 60, second < 60,
      day >= 1, day <= Self.days(of: month, in: year)
    else { return nil }
    var position = 19
    var microseconds: Int64 = 0
    if isAt(position, ".") {
      position += 1
      let start = position
      while position < bytes.count, 48...57 ~= bytes[position] { position += 1 }
      guard 1...6 ~= position - start, let decimals = number(start..<position) else { return nil }
      microseconds = (position..<start + 6).reduce(decimals) { value, _ in value * 10 }
    }
    var offset: Int64 = 0
    if isAt(position, "Zz") {
      position += 1
    } else {
      guard isAt(position, "+-"), isAt(position + 3, ":"),
        let hours = number(position + 1..<position + 3), hours < 24,
        let minutes = number(position + 4..<position + 6), minutes < 60,
        hours + minutes > 0
      else { return nil }
      offset = (hours * 60 + minutes) * (bytes[position] == 0x2D ? -60 : 60)
      position += 6
    }
    guard position == bytes.count else { return nil }
    let seconds = Self.day(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    self.init(microseconds: seconds * 1_000_000 + microseconds)
    // With its offset, the time may be outside the years that can be stored.
    guard Self.min...Self.max ~= self else { return nil }
  }

  static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  static func days(of month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The number of days since 1970-01-01, the inverse of `civil(days:)`. Years begin in March.
  static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let inEra = year - era * 400
    let inYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = inEra * 365 + inEra / 4 - inEra / 100 + inYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

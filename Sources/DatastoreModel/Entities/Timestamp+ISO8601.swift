// SPDX-License-Identifier: Apache-2.0
extension Timestamp {
  /// A time that was read, and what its text did not say or said too precisely.
  package struct Reading: Sendable, Hashable {
    package var timestamp: Timestamp
    /// Whether the text has no offset from UTC. It was taken as UTC.
    package var lacksOffset: Bool
    /// Whether the text has decimals below the microsecond that are not 0. They were cut.
    package var wasCut: Bool
  }

  /// Why a text is not a time that can be stored.
  package enum Problem: Error, Sendable, Hashable {
    case notATime
    case leapSecond
    case outOfRange
  }

  /// Reads a time in a form of ISO 8601 or RFC 3339.
  ///
  /// The date is a calendar date, a week date or an ordinal date: `2026-11-25`, `2026-W48-3`,
  /// `2026-329`, or without hyphens. The time follows after a `T` or a space: `04:00:00.5`,
  /// `04:00`, `040000`, `04`; without it, the time is midnight. The offset is `Z`, `UTC`, `+00`,
  /// `+00:00` or `+0000`, with or without a space before it.
  package static func read(iso8601 text: String) throws(Problem) -> Reading {
    var text = text
    // A typed closure cannot be inferred here.
    let result = text.withUTF8 { bytes -> Result<Reading, Problem> in
      var reader = ISO8601Reader(bytes: bytes)
      return Result { () throws(Problem) in try reader.read() }
    }
    return try result.get()
  }
}

/// Reads one text from its beginning to its end.
private struct ISO8601Reader {
  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func read() throws(Timestamp.Problem) -> Timestamp.Reading {
    let day = try date()
    var microseconds: Int64 = 0
    var wasCut = false
    var offset: Int64?
    if position < bytes.count {
      guard accept("T") || accept("t") || accept(" ") else { throw .notATime }
      (microseconds, wasCut) = try time()
      offset = try self.offset()
    }
    guard position == bytes.count else { throw .notATime }
    let seconds = day * 86_400 - (offset ?? 0)
    let timestamp = Timestamp(microseconds: seconds * 1_000_000 + microseconds)
    guard Timestamp.min...Timestamp.max ~= timestamp else { throw .outOfRange }
    return Timestamp.Reading(timestamp: timestamp, lacksOffset: offset == nil, wasCut: wasCut)
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// How many digits follow.
  private func digitCount() -> Int {
    bytes[position...].prefix { 48...57 ~= $0 }.count
  }

  private mutating func number(_ digits: Int) throws(Timestamp.Problem) -> Int64 {
    guard digitCount() >= digits else { throw .notATime }
    var value: Int64 = 0
    for byte in bytes[position..<position + digits] { value = value * 10 + Int64(byte - 48) }
    position += digits
    return value
  }

  // MARK: The date

  /// The days since 1970-01-01.
  private mutating func date() throws(Timestamp.Problem) -> Int64 {
    let year = try number(4)
    let isExtended = accept("-")
    if accept("W") { return try weekDate(in: year, isExtended: isExtended) }
    guard (1...9999).contains(year) else { throw .outOfRange }
    if digitCount() == 3 {
      let day = try number(3)
      guard day >= 1, day <= (Timestamp.isLeap(year) ? 366 : 365) else { throw .notATime }
      return Timestamp.day(year, 1, 1) + day - 1
    }
    let month = try number(2)
    guard accept("-") == isExtended else { throw .notATime }
    let day = try number(2)
    guard 1...12 ~= month, day >= 1, day <= Timestamp.days(of: month, in: year) else {
      throw .notATime
    }
    return Timestamp.day(year, month, day)
  }

  private mutating func weekDate(
    in year: Int64, isExtended: Bool
  ) throws(Timestamp.Problem) -> Int64 {
    guard (1...9999).contains(year) else { throw .outOfRange }
    let week = try number(2)
    guard accept("-") == isExtended else { throw .notATime }
    let weekday = try number(1)
    let first = Self.firstWeek(of: year)
    let monday = first + (week - 1) * 7
    guard week >= 1, 1...7 ~= weekday, monday < Self.firstWeek(of: year + 1) else {
      throw .notATime
    }
    return monday + weekday - 1
  }

  /// The Monday of the week with January 4.
  private static func firstWeek(of year: Int64) -> Int64 {
    let fourth = Timestamp.day(year, 1, 4)
    // 1970-01-01 was a Thursday.
    let sinceMonday = ((fourth + 3) % 7 + 7) % 7
    return fourth - sinceMonday
  }

  // MARK: The time

  /// The microseconds since midnight, and whether decimals were cut.
  private mutating func time() throws(Timestamp.Problem) -> (Int64, Bool) {
    let hour = try number(2)
    var minute: Int64 = 0
    var second: Int64 = 0
    var fraction: (microseconds: Int64, wasCut: Bool) = (0, false)
    if accept(":") {
      minute = try number(2)
      if accept(":") {
        second = try number(2)
        fraction = try decimals()
      }
    } else if digitCount() >= 2 {
      minute = try number(2)
      if digitCount() >= 2 {
        second = try number(2)
        fraction = try decimals()
      }
    }
    let isEndOfDay = hour == 24 && minute == 0 && second == 0 && fraction == (0, false)
    guard hour < 24 || isEndOfDay, minute < 60 else { throw .notATime }
    if second == 60 { throw .leapSecond }
    guard second < 60 else { throw .notATime }
    let seconds = hour * 3600 + minute * 60 + second
    return (seconds * 1_000_000 + fraction.microseconds, fraction.wasCut)
  }

  private mutating func decimals() throws(Timestamp.Problem) -> (Int64, Bool) {
    guard accept(".") || accept(",") else { return (0, false) }
    let count = digitCount()
    guard count > 0 else { throw .notATime }
    var microseconds = try number(min(count, 6))
    for _ in min(count, 6)..<6 { microseconds *= 10 }
    let rest = bytes[position..<position + max(0, count - 6)]
    position += rest.count
    return (microseconds, rest.contains { $0 != 48 })
  }

  /// The seconds by which the time is ahead of UTC; `nil` if the text does not say.
  private mutating func offset() throws(Timestamp.Problem) -> Int64? {
    if position == bytes.count { return nil }
    _ = accept(" ")
    if accept("Z") || accept("z") { return 0 }
    if bytes[position...].elementsEqual("UTC".utf8) {
      position = bytes.count
      return 0
    }
    let isNegative = accept("-")
    guard isNegative || accept("+") else { throw .notATime }
    let hours = try number(2)
    var minutes: Int64 = 0
    if accept(":") || digitCount() > 0 { minutes = try number(2) }
    guard hours < 24, minutes < 60 else { throw .notATime }
    return (hours * 60 + minutes) * (isNegative ? -60 : 60)
  }
}

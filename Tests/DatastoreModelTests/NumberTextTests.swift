// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import DatastoreModel

/// Numbers as tables, JSON, GQL and the command line write them.
@Suite struct NumberTextTests {
  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("+7", 7), ("007", 7), ("9223372036854775807", .max),
      ("-9223372036854775808", .min),
    ] as [(String, Int64)])
  func `An integer is read exactly`(_ text: String, _ integer: Int64) throws {
    #expect(try NumberText.integer(text) == integer)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", -0.0), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1E-3", 0.001),
      ("+2.5e+1", 25),
      ("0e999", 0), ("0.000e-999", 0), ("5e-324", .leastNonzeroMagnitude),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
    ] as [(String, Double)])
  func `A double is the one nearest to the text`(_ text: String, _ double: Double) throws {
    let read = try NumberText.double(text)
    #expect(read == double && read.sign == double.sign)
  }

  @Test(arguments: [
    "", "-", "+", ".", "e5", "1e", "1e+", "0x10", "1_000", "1,5", "inf", "-Infinity", "nan", " 1",
    "1 ",
    "1.2.3", "٣", "--1", "1e5.5",
  ])
  func `What is not decimal is no number`(_ text: String) {
    #expect(throws: NumberText.Problem.notANumber) { try NumberText.integer(text) }
    #expect(throws: NumberText.Problem.notANumber) { try NumberText.double(text) }
  }

  @Test func `A number that does not fit is refused and never becomes infinity or zero`() {
    for text in ["9223372036854775808", "-9223372036854775809", "12345678901234567890"] {
      #expect(throws: NumberText.Problem.integerTooLarge) { try NumberText.integer(text) }
    }
    for text in ["1e999", "-1e400", "1" + String(repeating: "0", count: 400)] {
      #expect(throws: NumberText.Problem.doubleTooLarge) { try NumberText.double(text) }
    }
    for text in ["1e-400", "-0.1e-999", "0." + String(repeating: "0", count: 400) + "1"] {
      #expect(throws: NumberText.Problem.doubleTooSmall) { try NumberText.double(text) }
    }
    #expect(throws: NumberText.Problem.notANumber) { try NumberText.integer("1.0") }
  }
}

/// Times as ISO 8601 and RFC 3339 write them.
@Suite struct ISO8601Tests {
  private static let hour: Int64 = 1_795_579_200_000_000

  @Test(arguments: [
    "2026-11-25T04:00:00Z", "2026-11-25t04:00:00z", "2026-11-25 04:00:00Z",
    "2026-11-25T04:00:00+00:00", "2026-11-25T04:00:00-00:00", "2026-11-25T05:00:00+01:00",
    "2026-11-25T05:00:00+0100", "2026-11-25T05:00:00+01", "2026-11-25 04:00:00 +0000",
    "2026-11-25 04:00:00 UTC", "2026-11-24T23:30:00.000-04:30", "20261125T040000Z",
    "2026-11-25T04:00Z", "2026-11-25T04Z", "2026-11-25T04:00:00,0Z", "2026-W48-3T04:00:00Z",
    "2026W483T04Z", "2026-329T04:00:00Z", "2026329T0400Z", "2026-11-25T04:00:00.000000000Z",
  ])
  func `Every form of one time gives this time`(_ text: String) throws {
    let reading = try Timestamp.read(iso8601: text)
    #expect(reading.timestamp.microseconds == Self.hour)
    #expect(!reading.lacksOffset && !reading.wasCut)
  }

  @Test func `A time without an offset and a date alone are read as UTC, which is said`() throws {
    let time = try Timestamp.read(iso8601: "2026-11-25 04:00:00")
    #expect(time.timestamp.microseconds == Self.hour && time.lacksOffset)
    let date = try Timestamp.read(iso8601: "2026-11-25")
    #expect(date.timestamp.description == "2026-11-25T00:00:00Z" && date.lacksOffset)
    let end = try Timestamp.read(iso8601: "2026-11-24T24:00")
    #expect(end.timestamp == date.timestamp)
  }

  @Test func `Decimals below the microsecond are cut, which is said unless they are zeros`() throws
  {
    let cut = try Timestamp.read(iso8601: "2026-11-25T04:00:00.123456789Z")
    #expect(cut.timestamp.microseconds == Self.hour + 123_456 && cut.wasCut)
    let whole = try Timestamp.read(iso8601: "2026-11-25T04:00:00.123456000Z")
    #expect(whole.timestamp == cut.timestamp && !whole.wasCut)
    let short = try Timestamp.read(iso8601: "2026-11-25T04:00:00.5Z")
    #expect(short.timestamp.microseconds == Self.hour + 500_000)
  }

  @Test(arguments: [
    "", "2026", "2026-11", "2026-13-01", "2026-02-29", "2026-11-25T", "2026-11-25T25:00Z",
    "2026-11-25T24:00:01Z", "2026-11-25T04:60Z", "2026-11-2504:00:00Z", "2026-1125", "202611-25",
    "2026-11-25T04:00:00.Z", "2026-11-25T04:00:00+1", "2026-11-25T04:00:00+24:00", "2026-366",
    "2026-W54-1", "2026-W00-1", "2026-W48-8", "25.11.2026", "11/25/2026", "2026-11-25T04:00:00Zx",
    "yesterday", "2026-11-25T04:00:00 CET", "٢٠٢٦-11-25",
  ])
  func `What is no time is refused`(_ text: String) {
    #expect(throws: Timestamp.Problem.notATime) { try Timestamp.read(iso8601: text) }
  }

  @Test func `A leap second and a year that cannot be stored have their own reasons`() {
    #expect(throws: Timestamp.Problem.leapSecond) {
      try Timestamp.read(iso8601: "2016-12-31T23:59:60Z")
    }
    for text in ["0000-01-01", "0001-01-01T00:00:00+01:00", "9999-12-31T24:00:00Z"] {
      #expect(throws: Timestamp.Problem.outOfRange) { try Timestamp.read(iso8601: text) }
    }
  }

  @Test func `Week dates agree with calendar dates at the ends of years`() throws {
    for (week, date) in [
      ("2020-W53-7", "2021-01-03"), ("2021-W01-1", "2021-01-04"), ("2026-W01-1", "2025-12-29"),
      ("1969-W01-3", "1969-01-01"),
    ] {
      #expect(
        try Timestamp.read(iso8601: week).timestamp == Timestamp.read(iso8601: date).timestamp)
    }
  }
}

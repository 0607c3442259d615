// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ArrivalDatastore

/// How values and names are written.
struct GQLLiteralTests {
  private static let literalTexts: [(String, Value)] = [
    ("0", 0), ("+5831", 5831), ("-37", -37),
    ("-9223372036854775808", .integer(.min)), ("0.0", 0.0), ("+58.31", 58.31), ("-37.0", -37.0),
    ("-3.", -3.0), ("+.1", 0.1), ("314159e-5", 3.14159), ("6.022E23", 6.022e23), ("TRUE", true),
    ("false", false), ("Null", .null), ("'foo'", "foo"), (#""foo""#, "foo"),
    ("'Joe''s Diner'", "Joe's Diner"), (#""Expected "".""#, #"Expected "."#),
    (#"'\\\0\b\n\r\t\Z\'\"\`'"#, "\\\0\u{8}\n\r\t\u{1A}'\"`"), (#"'5\% \_'"#, #"5\% \_"#),
    ("'é🙂'", "é🙂"), ("''", ""), ("BLOB('AQID_w')", .bytes([1, 2, 3, 255])),
    ("BLOB('')", .bytes([])), ("ARRAY(1, 'x', NULL)", [1, "x", .null]),
  ]

  private func value(_ text: String) throws -> Value? {
    guard
      case .property(_, _, let value)? = try GQLQuery("SELECT * FROM K WHERE a = \(text)")
        .request.filter
    else { return nil }
    return value
  }

  @Test(arguments: literalTexts)
  func `Numbers, booleans, null and strings are parsed`(_ text: String, _ expected: Value) throws {
    #expect(try value(text) == expected)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999z", -1),
    ("2013-09-29T09:30:20.00002-08:00", 1_380_475_820_000_020),
    ("2000-02-29t12:00:00.5+05:30", 951_805_800_500_000),
    ("0001-01-01T00:00:00Z", Timestamp.min.microseconds),
    ("9999-12-31T23:59:59.999999Z", Timestamp.max.microseconds),
  ])
  func `Times are parsed as in RFC 3339`(_ text: String, _ microseconds: Int64) throws {
    #expect(
      try value("DATETIME('\(text)')") == .timestamp(Timestamp(microseconds: microseconds)))
  }

  @Test(arguments: [
    "2013-02-29T00:00:00Z", "2013-00-01T00:00:00Z", "2013-01-01T24:00:00Z", "2013-01-01",
    "2013-01-01T00:00:60Z", "2013-01-01T00:00:00", "2013-01-01T00:00:00.Z",
    "2013-01-01T00:00:00.1234567Z", "2013-01-01T00:00:00+00:00", "0001-01-01T00:00:00+01:00",
    "2013-01-01T00:00:00Zx", "", "٢٠١٣-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
  ])
  func `A text that is not a time is refused`(_ text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test func `Every time is read back as it is written`() {
    var generator = SystemRandomNumberGenerator()
    let range = Timestamp.min.microseconds...Timestamp.max.microseconds
    for _ in 0..<5_000 {
      let time = Timestamp(microseconds: .random(in: range, using: &generator))
      #expect(Timestamp(rfc3339: time.description) == time)
    }
  }

  @Test(arguments: [
    ("big$bux", "big$bux"), ("_x9", "_x9"), ("größe", "größe"), ("key", "key"),
    ("first", "first"), ("`fig-bash`", "fig-bash"), ("`silly``putty`", "silly`putty"),
    ("`order`", "order"), (#"`a\nb`"#, "a\nb"), ("over", "over"),
  ])
  func `Names are parsed with and without backquotes`(_ text: String, _ name: String) throws {
    #expect(
      try GQLQuery("SELECT * FROM K WHERE \(text) = 1").request.filter
        == .property(name, .equal, 1))
  }
}

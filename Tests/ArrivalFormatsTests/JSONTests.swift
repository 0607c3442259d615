// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore
internal import Testing

@testable internal import ArrivalFormats

@Suite struct JSONTests {
  @Test(arguments: [
    ("", 1), ("{", 2), ("[1,]", 4), ("{\"a\":1,\"a\":2}", 8), ("01", 3), ("1.", 3), ("-", 2),
    ("99999999999999999999", 1), ("1e999", 1), ("\"a", 1), ("\"\\x\"", 3), ("\"\\ud800\"", 8),
    ("\"\u{1}\"", 2), ("tru", 1), ("1 2", 3), (String(repeating: "[", count: 1_000_000), 101),
  ])
  func `A text that is not JSON is refused with the column of the error`(
    _ text: String, _ column: Int
  ) throws {
    let problem = try #require(throws: JSONProblem.self) { try JSONReader.read(Array(text.utf8)) }
    #expect(problem.column == column, "\(problem)")
  }

  @Test func `A text keeps its integers and doubles, the order of members, and every character`()
    throws
  {
    let text = #"{"b":[1,1.0,-0.0,1e+300,null,true],"a":"\u0000\"\\é🙂"}"#
    #expect(try JSONReader.read(Array(text.utf8)).text == text)
    let escaped = #""\ud83d\ude42\u00e9\/\b""#
    #expect(try JSONReader.read(Array(escaped.utf8)) == .string("🙂é/\u{8}"))
  }

  @Test func `A value of every type is written and read as the same value`() throws {
    let values: [Value] = [
      .null, true, .integer(.min), 1.0, .double(.infinity), "", "\u{0}\n\u{7F}", .bytes([0, 255]),
      .timestamp(.max), .key(Key("K", name: "7", parent: Key("P/", id: 1), namespace: "n")),
      .geoPoint(GeoPoint(latitude: -90, longitude: 0.5)), [1, "x"],
      .entity(Entity(Key("I", id: 1), ["x": .unindexed(1)])),
    ]
    for value in values {
      for isIndexed in [true, false] {
        let entity = Entity(Key("K", id: 1), ["p": Entity.Property(value, isIndexed: isIndexed)])
        let text = EntityJSON.node(of: entity).text
        #expect(try EntityJSON.entity(of: JSONReader.read(Array(text.utf8))) == entity, "\(text)")
      }
    }
  }
}

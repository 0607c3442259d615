// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore
internal import Testing

@testable internal import ArrivalFormats

@Suite struct EntityJSONTests {
  private func entity(_ text: String) throws -> Entity {
    try EntityJSON.entity(of: JSONReader.read(Array(text.utf8)))
  }

  @Test(arguments: [
    (
      #"{"properties":{"a":1},"unindexed":["b"]}"#, "has \"b\", but the entity has no such property"
    ),
    (
      #"{"properties":{"a":1},"unindexed":[1]}"#,
      "expected only strings in \"unindexed\", found an integer"
    ),
    (#"{"properties":[]}"#, "\"properties\" cannot be an array"),
    (#"{"values":{}}"#, "not \"values\""),
    (
      #"{"properties":{"a":{"timestamp":"2026-01-01T00:00:00Z","b":1}}}"#,
      "an object must be one of"
    ),
    (#"{"properties":{"a":{"timestamp":"yesterday"}}}"#, "is not a timestamp"),
    (#"{"properties":{"a":{"geoPoint":[1,2,3]}}}"#, "an object must be one of"),
    (#"{"properties":{"a":{}}}"#, "an object must be one of"),
    (#"[]"#, "found an array"),
  ])
  func `JSON that is not an entity is refused with a message that says why`(
    _ text: String, _ message: String
  ) {
    let problem = #expect(throws: JSONProblem.self) { try entity(text) }
    #expect(problem?.message.contains(message) == true, "\(problem.map { "\($0)" } ?? "")")
  }

  @Test func `A geographic point may have whole numbers`() throws {
    let point = try entity(#"{"properties":{"p":{"geoPoint":[1,-2.5]}}}"#)["p"]
    #expect(point == .geoPoint(GeoPoint(latitude: 1, longitude: -2.5)))
  }

  @Test func `Control characters are written as escapes`() {
    #expect(JSONNode.string("\u{7F}\u{1F}\t\n\r\"\\").text == #""\u007f\u001f\t\n\r\"\\""#)
  }
}

// SPDX-License-Identifier: Apache-2.0
#if Server
  import DatastoreProtos
  import SwiftProtobuf
  import Testing

  @testable import DatastoreServer

  @Suite struct RequestJSONProblemTests {
    private func problem(_ text: String) -> String { problem(Array(text.utf8)) }

    private func problem(_ bytes: [UInt8]) -> String {
      do {
        _ = try Wire.CommitRequest(jsonUTF8Bytes: bytes)
        return "no problem"
      } catch {
        return RequestJSONProblem.sentence(about: error, in: bytes) {
          _ = try Wire.CommitRequest(jsonUTF8Bytes: $0)
        }
      }
    }

    private func upsert(_ properties: String) -> String {
      """
      {"mode": "NON_TRANSACTIONAL", "mutations": [
        {"delete": {"path": [{"kind": "A", "name": "a"}]}},
        {"upsert": {"key": {"path": [{"kind": "A", "id": "1"}]}, "properties": {\(properties)}}}]}
      """
    }

    @Test(arguments: [
      (
        #""n": {"integerValue": "seven"}"#,
        "n.integerValue: the number is malformed, or is no integer."
      ),
      (#""n": {"integerValue": 1.5}"#, "n.integerValue: the number is malformed, or is no"),
      (
        #""b": {"blobValue": "?"}"#,
        "b.blobValue: the field has no such string. Bytes are written in base64."
      ),
      (#""t": {"timestampValue": "Monday"}"#, "t.timestampValue: the time is not as in 2026"),
      (#""a": {"text": "x"}"#, "a.text: the API has no field \"text\""),
      (#""a": {"booleanValue": true, "integerValue": 1}"#, "a: two fields are set"),
      (
        #""a": {"arrayValue": {"values": [{}, null]}}"#,
        "a.arrayValue.values[1]: the value must not"
      ),
      (
        #""a": {"arrayValue": {"values": {"x": {}}}}"#,
        "a.arrayValue.values: the value has the wrong"
      ),
      (#""e": {"entityValue": {"properties": {"x": 7}}}"#, "e.entityValue.properties.x: "),
      (
        #""d": {"doubleValue": "1,5"}"#, "d.doubleValue: the number is malformed, or is no integer."
      ),
    ])
    func `A field that cannot be decoded is named`(property: String, message: String) {
      let found = problem(upsert(property))
      #expect(found.hasPrefix("mutations[1].upsert.properties." + message), "\(found)")
    }

    @Test func `A text that is no JSON is described with line and column`() {
      #expect(
        problem("{\"mutations\": [\n  {,}]}") == "Line 2, column 4: expected a name in quotes.")
      let invalid = Array("{\n\"databaseId\": \"".utf8) + [0xFF] + Array("\"}".utf8)
      #expect(problem(invalid) == "Line 2, column 16: the string is not valid UTF-8.")
      #expect(problem("[]") == "the value has the wrong type.")
      #expect(problem("{\"mode\": \"FAST\"}") == "mode: the API does not know the value.")
    }

    @Test func `Looking for the place ends in requests with many parts`() {
      let values = Array(repeating: "{}", count: 20_000).joined(separator: ",")
      let found = problem(upsert(#""a": {"arrayValue": {"values": [\#(values), 1]}}"#))
      #expect(found.hasPrefix("mutations[1].upsert.properties.a.arrayValue.values: "), "\(found)")
    }
  }
#endif

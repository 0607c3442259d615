// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

/// The values of a JSON file, in the forms that files have.
@Suite struct JSONValueReaderTests {
  /// Each value as its line and text, or as its line and problem.
  private func values(_ text: String, chunkSize: Int = 1 << 16) throws -> [String] {
    var values: [String] = []
    try withTemporaryDirectory { directory in
      let path = directory + "/values.json"
      try Data(text.utf8).write(to: URL(filePath: path))
      // A pipe gives small chunks, and a file gives one.
      let source: InputSource = chunkSize > 100 ? .path(path) : .bytes(Array(text.utf8), name: "x")
      let reader = try JSONValueReader(source)
      while let element = try reader.next() {
        switch element.node {
        case .success(let node): values.append("\(element.line): \(node.text)")
        case .failure(let problem): values.append("\(element.line): \(problem)")
        }
      }
    }
    return values
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `Each line is a value, whatever ends the lines and with a byte-order mark`(
    _ lineEnd: String
  ) throws {
    let text = "\u{FEFF}" + ["{\"a\":1}", "", "{\"b\":[2]}", "{]", "3"].joined(separator: lineEnd)
    #expect(
      try values(text) == [
        "1: {\"a\":1}", "3: {\"b\":[2]}", "4: column 2: expected a name in quotes", "5: 3",
      ])
  }

  @Test func `The elements of an array are values with the lines on which they begin`() throws {
    let text = "\u{FEFF}\n[{\"a\": \"]}\\\"\"},\r\n {\"b\":\n[1,{}]}, 5,\n\"x,]\" , null]\n\n"
    #expect(
      try values(text) == [
        "2: {\"a\":\"]}\\\"\"}", "3: {\"b\":[1,{}]}", "4: 5", "5: \"x,]\"", "5: null",
      ])
    #expect(try values("[]") == [] && values(" [ ] ") == [] && values("") == [])
  }

  @Test func `An object that begins with a brace alone on its line extends to its end`() throws {
    #expect(
      try values("{\n  \"a\": 1\n}\n{\n  \"b\": {\"c\": 2}\n} {\"d\":3}\n")
        == ["1: {\"a\":1}", "4: {\"b\":{\"c\":2}}", "6: {\"d\":3}"])
  }

  @Test func `An object that goes on in the second line extends to its end`() throws {
    for start in ["{\"a\":{\"b\":[\n    {\"c\":1},\n{}", "{\"a\":{\"b\":[{\"c\":1},\r\n\r\n   {}"] {
      #expect(try values(start + "]}}\n") == ["1: {\"a\":{\"b\":[{\"c\":1},{}]}}"])
      #expect(try values(start + "]}}\n", chunkSize: 1).count == 1)
    }
    #expect(
      try values("{\"a\":\n1,\"b\":2}{\"c\":\n3}") == ["1: {\"a\":1,\"b\":2}", "2: {\"c\":3}"])
    // Lines after a broken first line are read.
    #expect(
      try values("{\"a\":1,\n{\"b\":2}\n{\"c\":3}\n").suffix(2) == ["2: {\"b\":2}", "3: {\"c\":3}"])
  }

  @Test func `A malformed element is reported with its line, and the others are read`() throws {
    #expect(
      try values("[{\"a\":1},\n{\"b\":\n 01},\n{\"c\":3}]")
        == ["1: {\"a\":1}", "3: column 4: this is not a JSON number", "4: {\"c\":3}"])
  }

  @Test(arguments: [
    ("[{\"a\":1}", "line 1, column 9: the array is not closed"),
    ("[{\"a\":1},\n", "line 2, column 1: the array is not closed"),
    ("[1 2]", "line 1, column 4: expected \",\" or \"]\""),
    ("[1,]", "line 1, column 4: expected a value"), ("[,1]", "line 1, column 2: expected a value"),
    ("[1]\n[2]", "line 2, column 1: there is more text after the array"),
  ])
  func `Text around elements that has no meaning is refused with its place`(
    _ text: String, _ message: String
  ) {
    let error = #expect(throws: InputError.self) { try values(text) }
    #expect(error?.message.hasPrefix(message) == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test func `An array that is cut off inside an element gives the element's problem first`() {
    let error = #expect(throws: InputError.self) { try values("[{\"a\":1},{\"b\":") }
    #expect(error?.message.contains("not closed") == true)
  }

  @Test func `An array of many chunks is read value by value`() throws {
    let elements = (0..<40_000).map { "{\"id\":\($0),\"text\":\"line\"}" }
    let read = try values("[" + elements.joined(separator: ",\n") + "]")
    #expect(read.count == 40_000 && read.last == "40000: {\"id\":39999,\"text\":\"line\"}")
  }
}

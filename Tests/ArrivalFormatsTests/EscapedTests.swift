// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct EscapedTests {
  @Test(arguments: [
    ("plain 日本 🇨🇭 é", "plain 日本 🇨🇭 é"), ("a\u{1B}[31m", "a\\u001b[31m"),
    ("\u{9B}31m", "\\u009b31m"), ("a\u{202E}b\u{2066}", "a\\u202eb\\u2066"),
    ("\u{200F}\u{61C}\u{7F}\0", "\\u200f\\u061c\\u007f\\u0000"), ("a\tb\r\n", "a\\tb\\r\\n"),
    ("\u{2028}", "\\u2028"),
  ])
  func `Characters that a terminal would obey are shown as escapes`(
    _ text: String, _ shown: String
  ) {
    #expect(Escaped(text).description == shown)
  }

  @Test func `JSON is written without such characters and read back as the same text`() throws {
    let text = "a\u{9B}31m\u{202E}é日\u{200F}\u{85}"
    let json = JSONNode.string(text).text
    #expect(json == "\"a\\u009b31m\\u202eé日\\u200f\\u0085\"")
    #expect(try JSONReader.read(Array(json.utf8)) == .string(text))
  }
}

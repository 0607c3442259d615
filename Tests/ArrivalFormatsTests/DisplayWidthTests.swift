// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("ä", 1), ("a\u{308}", 1), ("日本語", 6), ("한글", 4), ("ﾊﾝ", 2),
    ("ＡＢ", 4), ("🇨🇭", 2), ("👩‍👩‍👧", 2), ("❤️", 2), ("😀", 2), ("\u{200B}", 0), ("→", 1), ("ไทย", 3),
    ("נו", 2),
  ])
  func `Wide characters take two columns, and marks that combine take none`(
    _ text: String, _ width: Int
  ) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test func `A wide character that does not fit is left out`() {
    #expect(DisplayWidth.prefix("日本", width: 3) == "日")
    #expect(DisplayWidth.prefix("日本", width: 4) == "日本")
    #expect(DisplayWidth.prefix("abc", width: 0) == "")
    #expect(DisplayWidth.prefix("e\u{301}x", width: 1) == "e\u{301}")
  }
}

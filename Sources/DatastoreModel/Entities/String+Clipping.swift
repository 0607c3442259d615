// SPDX-License-Identifier: Apache-2.0
extension String {
  /// The text as messages quote it: what is over some bytes of UTF-8 is cut.
  ///
  /// It is cut between two scalars of Unicode. A character may have any number of them.
  package func clipped(_ limit: Int = 100, mark: String = "…") -> String {
    if utf8.count <= limit { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    while end > startIndex, utf8[end] & 0xC0 == 0x80 { utf8.formIndex(before: &end) }
    return String(self[..<end]) + mark
  }
}

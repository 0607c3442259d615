// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import Testing

/// URL-safe keys have the bytes that NDB writes.
@Suite struct URLSafeKeyTests {
  @Test(arguments: KeyVector.all)
  func `A key is written and read as by NDB`(_ vector: KeyVector) throws {
    let key = try Key(path: vector.path, namespace: vector.namespace)
    let reference = URLSafeKey(
      key, project: vector.project, locationPrefix: vector.prefix, database: vector.database)
    #expect(reference.text == vector.text)
    let read = try URLSafeKey(text: vector.text)
    #expect(read == reference)
    let padding = String(repeating: "=", count: (4 - vector.text.utf8.count % 4) % 4)
    #expect(try URLSafeKey(text: vector.text + padding) == reference)
  }

  @Test func `A text that is cut anywhere is refused or reads as another key`() throws {
    for vector in KeyVector.all {
      for count in 0..<vector.text.utf8.count {
        guard let other = try? URLSafeKey(text: String(vector.text.prefix(count))) else { continue }
        #expect(other.text != vector.text)
      }
    }
  }

  @Test(
    arguments: [
      "", "=", "a", "!!!!", "agdleGFtcGxl", "agdleGFtcGxlcgA", "cgsLEgRLaW5kGLkKDA",
      "agdleGFtcGxlcgsLEgRLaW5kGLkKDA\u{301}", "____________", "agd_",
      // A count of bytes that is larger than any memory.
      "av__________fw",
    ])
  func `A text that is no key is refused`(_ text: String) {
    #expect {
      try URLSafeKey(text: text)
    } throws: {
      ($0 as? DatastoreError)?.code == .invalidArgument
    }
  }

  @Test func `A key may begin with any kind of field and have unknown ones`() throws {
    // Namespace before the path, and an unknown number, text and group.
    let bytes: [UInt8] =
      [0xa2, 1, 1, 0x73] + [0xf8, 1, 5] + [0xfa, 1, 1, 0x41] + [0xfb, 1, 0x08, 1, 0xfc, 1]
      + [0x6a, 1, 0x70] + [0x72, 7, 0x0b, 0x12, 1, 0x4b, 0x18, 9, 0x0c]
    let key = try URLSafeKey(text: QueryCursor(bytes: bytes).text)
    #expect(key.key == Key("K", id: 9, namespace: "s") && key.project == "p")
  }
}

// SPDX-License-Identifier: Apache-2.0
/// A short text that is read as a whole, such as a query.
package enum TextFile {
  /// No query is longer; this is not the right place for a large file.
  static let maxLength = 16 << 20

  /// Reads a text, which may be compressed or in UTF-16 as other inputs. Blocks until it ends.
  package static func read(_ source: InputSource) throws(InputError) -> String {
    let input = try TextInput(source)
    var bytes: [UInt8] = []
    while try input.nextChunk({ bytes.append(contentsOf: $0) }) {
      if bytes.count > maxLength {
        throw InputError(
          code: .damaged, message: "the text has over 16 MiB; give a shorter one",
          source: source.description)
      }
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw InputError(
        code: .encoding, message: "the text is not valid UTF-8; save it as UTF-8",
        source: source.description)
    }
    return text
  }

  /// Reads the beginning of a source.
  ///
  /// - Throws: ``InputError`` if the source cannot be opened, or is known to be no text.
  package static func probe(_ source: InputSource) throws(InputError) {
    _ = try TextInput(source).nextChunk { _ in }
  }
}

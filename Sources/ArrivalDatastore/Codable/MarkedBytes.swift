// SPDX-License-Identifier: Apache-2.0
/// Bytes with their meaning, as a property of an entity has them, for types that encode themselves
/// so.
///
/// A property with a meaning is not indexed. No other coder can encode or decode it.
package struct MarkedBytes: Codable, Sendable {
  /// The meaning of bytes that zlib has compressed.
  package static let compressed: Int32 = 22

  package var bytes: [UInt8]
  package var meaning: Int32

  package init(_ bytes: [UInt8], meaning: Int32) {
    self.bytes = bytes
    self.meaning = meaning
  }

  package init(from decoder: any Decoder) throws {
    throw DecodingError.dataCorrupted(
      .init(
        codingPath: decoder.codingPath,
        debugDescription: "Only EntityDecoder reads a property with a meaning."))
  }

  package func encode(to encoder: any Encoder) throws {
    throw EncodingError.invalidValue(
      self,
      .init(
        codingPath: encoder.codingPath,
        debugDescription: "Only EntityEncoder writes a property with a meaning."))
  }
}

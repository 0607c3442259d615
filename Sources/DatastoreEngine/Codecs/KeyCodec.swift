// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Encodes keys as bytes that sort in the order of keys. An ancestor's bytes are a prefix.
///
/// The namespace comes first, then each step of the path: the kind, a tag, and the number or name.
/// A text ends with a zero byte, and a zero byte within it is written as `00 FF`. Neither UTF-8 nor
/// a tag has the byte `FF`, so all descendants of a key are between its bytes and its bytes
/// followed by `FF`. A number is big-endian with its sign flipped.
///
/// Unstable: this type may change in any minor release; the bytes it reads stay readable.
public enum KeyCodec {
  enum Tag {
    static let incomplete: UInt8 = 1
    static let id: UInt8 = 2
    static let name: UInt8 = 3
  }

  /// The tag after the kind of a step without an identifier.
  package static let incompleteTag = Tag.incomplete
  /// The tag of a last step with a name.
  package static let nameTag = Tag.name

  /// Appends the key's bytes.
  public static func encode(_ key: Key, into writer: inout BlobWriter) {
    append(key.namespace, to: &writer)
    for element in key.path { append(element, to: &writer) }
  }

  /// The key's bytes.
  public static func encode(_ key: Key) -> [UInt8] {
    var writer = BlobWriter(capacity: 64)
    encode(key, into: &writer)
    return writer.bytes
  }

  static func append(_ element: Key.PathElement, to writer: inout BlobWriter) {
    append(element.kind, to: &writer)
    switch element.identifier {
    case nil:
      writer.append(byte: Tag.incomplete)
    case .id(let id):
      writer.append(byte: Tag.id)
      writer.append(bigEndian: flippingSign(id))
    case .name(let name):
      writer.append(byte: Tag.name)
      append(name, to: &writer)
    }
  }

  /// The form of a number within a key.
  package static func flippingSign(_ id: Int64) -> UInt64 {
    UInt64(bitPattern: id) ^ (1 << 63)
  }

  /// Decodes a key.
  ///
  /// Any bytes are safe to pass.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(CorruptBlob) -> Key {
    var reader = BlobReader(bytes)
    let namespace = try readText(from: &reader)
    var path: [Key.PathElement] = []
    while reader.remaining > 0 {
      let kind = try readText(from: &reader)
      let identifier: Key.Identifier?
      switch try reader.readByte() {
      case Tag.incomplete: identifier = nil
      case Tag.id: identifier = .id(Int64(bitPattern: try reader.readBigEndian() ^ (1 << 63)))
      case Tag.name: identifier = .name(try readText(from: &reader))
      case let tag: throw CorruptBlob("a key has the unknown tag \(tag)")
      }
      path.append(Key.PathElement(kind: kind, identifier: identifier))
    }
    do {
      return try Key(path: path, namespace: namespace)
    } catch {
      throw CorruptBlob("a key is not well formed: \(error.message)")
    }
  }

  /// Appends a text and its terminator.
  package static func append(_ text: String, to writer: inout BlobWriter) {
    let written: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      append(UnsafeRawBufferPointer(bytes), to: &writer)
    }
    if written == nil { Array(text.utf8).withUnsafeBytes { append($0, to: &writer) } }
  }

  static func append(_ text: UnsafeRawBufferPointer, to writer: inout BlobWriter) {
    if let start = text.baseAddress, memchr(start, 0, text.count) != nil {
      for byte in text {
        writer.append(byte: byte)
        if byte == 0 { writer.append(byte: 0xFF) }
      }
    } else {
      writer.append(text)
    }
    writer.append(byte: 0)
  }

  private static func readText(from reader: inout BlobReader) throws(CorruptBlob) -> String {
    let first = try reader.read(upTo: 0)
    guard reader.peekByte() == 0xFF else { return try BlobReader.text(first) }
    var unescaped = [UInt8](first)
    while reader.peekByte() == 0xFF {
      _ = try reader.readByte()
      unescaped.append(0)
      unescaped.append(contentsOf: try reader.read(upTo: 0))
    }
    let text = unescaped.withUnsafeBytes { bytes in
      Result { () throws(CorruptBlob) in try BlobReader.text(bytes) }
    }
    return try text.get()
  }
}

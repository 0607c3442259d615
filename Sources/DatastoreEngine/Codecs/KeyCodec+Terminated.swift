// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

extension KeyCodec {
  private enum Step {
    static let end: UInt8 = 0
    static let more: UInt8 = 1
  }

  /// Appends the key's bytes in a form that contains its own end, so that other bytes can follow.
  ///
  /// A byte before each step says that a step follows. So a parent, which ends there, sorts before
  /// its children.
  static func encodeTerminated(_ key: Key, into writer: inout BlobWriter) {
    append(key.namespace, to: &writer)
    for element in key.path {
      writer.append(byte: Step.more)
      append(element, to: &writer)
    }
    writer.append(byte: Step.end)
  }

  /// The end of the key that begins at `start`.
  static func terminatedEnd(
    _ bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(CorruptBlob) -> Int {
    var position = try IndexCodec.textEnd(bytes, from: start)
    while true {
      guard position < bytes.count else { throw CorruptBlob("a key does not end") }
      switch bytes[position] {
      case Step.end: return position + 1
      case Step.more: position = try IndexCodec.textEnd(bytes, from: position + 1)
      case let byte: throw CorruptBlob("a key has the unknown step \(byte)")
      }
      guard position < bytes.count else { throw CorruptBlob("a key does not end") }
      switch bytes[position] {
      case Tag.incomplete: position += 1
      case Tag.id: position += 9
      case Tag.name: position = try IndexCodec.textEnd(bytes, from: position + 1)
      case let tag: throw CorruptBlob("a key has the unknown tag \(tag)")
      }
    }
  }

  /// The usual bytes of a key. `bytes` are exactly its terminated form.
  package static func plain(fromTerminated bytes: [UInt8]) throws(CorruptBlob) -> [UInt8] {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(CorruptBlob) in try plain(bytes) }
    }
    return try result.get()
  }

  private static func plain(_ bytes: UnsafeRawBufferPointer) throws(CorruptBlob) -> [UInt8] {
    var position = try IndexCodec.textEnd(bytes, from: 0)
    var result = [UInt8](bytes[..<position])
    guard try terminatedEnd(bytes, from: 0) == bytes.count else {
      throw CorruptBlob("bytes follow the end of a key")
    }
    while bytes[position] == Step.more {
      let start = position + 1
      position = try IndexCodec.textEnd(bytes, from: start)
      switch bytes[position] {
      case Tag.id: position += 9
      case Tag.name: position = try IndexCodec.textEnd(bytes, from: position + 1)
      default: position += 1
      }
      result += bytes[start..<position]
    }
    return result
  }
}

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// An entity to write, with the bytes of its row. The memory of the bytes belongs to the caller.
  struct EncodedEntity {
    var key: Key
    var keyBytes: UnsafeRawBufferPointer
    /// `nil` for a deletion.
    var entity: Entity?
    var blob: UnsafeRawBufferPointer
    var entries: [IndexEntry]

    func row(_ id: Int64) -> EntityRow {
      EntityRow(key: key, keyBytes: [UInt8](keyBytes), id: id)
    }

    /// Passes on the same entity under another key than it was encoded for.
    func withKey<T>(_ other: Key, _ body: (EncodedEntity) throws -> T) rethrows -> T {
      var writer = BlobWriter()
      KeyCodec.encode(other, into: &writer)
      var signed = [UInt8](blob)
      EntityCodec.changeKey(
        of: &signed, endingAt: signed.count, from: EntityCodec.checksum(ofKey: keyBytes),
        to: writer.checksum(from: 0))
      return try writer.bytes.withUnsafeBytes { keyBytes in
        try signed.withUnsafeBytes { blob in
          var moved = self
          moved.key = other
          moved.keyBytes = keyBytes
          moved.blob = blob
          return try body(moved)
        }
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// What a ``CachingBackend`` keeps under a key.
enum CachedValue: Equatable {
  /// Identifies one reader or writer.
  typealias ID = UInt64
  /// Writers, and when each of them began.
  typealias Writers = [ID: Timestamp]

  /// The stored entity; `nil` if there is none.
  case entity(Entity?)
  /// A reader that found nothing is reading the entity, to keep it here.
  case reading(ID)
  /// Writers are changing the entity.
  case writing(Writers)
  /// A writer has ended. The next reader may keep the entity.
  case free

  private enum Tag {
    static let entity: UInt8 = 1
    static let none: UInt8 = 2
    static let reading: UInt8 = 3
    static let writing: UInt8 = 4
    static let free: UInt8 = 5
  }

  func encoded(for key: [UInt8]) -> [UInt8]? {
    var writer = BlobWriter()
    switch self {
    case .entity(nil): writer.append(byte: Tag.none)
    case .entity(let entity?):
      writer.append(byte: Tag.entity)
      for number in [
        entity.version, entity.createTime?.microseconds, entity.updateTime?.microseconds,
      ] {
        writer.append(byte: number == nil ? 0 : 1)
        writer.append(signed: number ?? 0)
      }
      let checksum = key.withUnsafeBytes(EntityCodec.checksum(ofKey:))
      guard (try? EntityCodec.encode(entity, into: &writer, keyChecksum: checksum)) != nil else {
        return nil
      }
    case .reading(let id):
      writer.append(byte: Tag.reading)
      writer.append(bigEndian: id)
    case .writing(let writers):
      writer.append(byte: Tag.writing)
      for (id, began) in writers.sorted(by: { $0.key < $1.key }) {
        writer.append(bigEndian: id)
        writer.append(signed: began.microseconds)
      }
    case .free: writer.append(byte: Tag.free)
    }
    return writer.bytes
  }

  /// `nil` for bytes that are damaged, or from another version.
  init?(_ bytes: [UInt8], for key: Key, _ name: [UInt8]) {
    do {
      self = try bytes.withUnsafeBytes { bytes in
        var reader = BlobReader(bytes)
        switch try reader.readByte() {
        case Tag.entity:
          var numbers: [Int64?] = []
          for _ in 0..<3 {
            let isThere = try reader.readByte() == 1
            let number = try reader.readSigned()
            numbers.append(isThere ? number : nil)
          }
          let blob = try reader.read(reader.remaining)
          let properties = try name.withUnsafeBytes { try EntityCodec.decode(blob, of: $0) }
          var entity = Entity(key, properties)
          entity.version = numbers[0]
          entity.createTime = numbers[1].map { Timestamp(microseconds: $0) }
          entity.updateTime = numbers[2].map { Timestamp(microseconds: $0) }
          return .entity(entity)
        case Tag.none: return .entity(nil)
        case Tag.reading: return .reading(try reader.readBigEndian())
        case Tag.writing:
          var writers: Writers = [:]
          while reader.remaining > 0 {
            writers[try reader.readBigEndian()] = Timestamp(microseconds: try reader.readSigned())
          }
          return .writing(writers)
        case Tag.free: return .free
        default: throw CorruptBlob("it has an unknown tag")
        }
      }
    } catch {
      return nil
    }
  }
}

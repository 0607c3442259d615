// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreContractTests
import DatastoreModel
import Testing

@testable import DatastoreEngine

@Suite struct EntityCodecTests {
  @Test func `Five thousand random entities come back as they were`() throws {
    var random = RandomEntities(seed: 1)
    for _ in 0..<5_000 {
      let entity = random.entity()
      let bytes = try encode(entity)
      let decoded = try bytes.withUnsafeBytes { try EntityCodec.decode($0) }
      // Not by `==`: not-a-number is not equal to itself.
      guard same(.entity(Entity(nil, decoded)), .entity(Entity(nil, entity.properties))) else {
        Issue.record("\(entity) became \(decoded)")
        return
      }
    }
  }

  @Test func `A double keeps its bits, also for NaN`() throws {
    for bits in [0x7FF8_0000_0000_0001, 0xFFF4_0000_0000_0000, 1 << 63, 1] as [UInt64] {
      let entity = Entity(nil, ["d": .indexed(.double(Double(bitPattern: bits)))])
      let decoded = try decode(encode(entity))
      guard case .double(let found)? = decoded["d"]?.value else {
        Issue.record("no double")
        continue
      }
      #expect(found.bitPattern == bits)
    }
  }

  @Test func `100,000 random inputs are decoded or refused without a trap`() throws {
    var generator = SeededGenerator(seed: 2)
    var read = 0
    for _ in 0..<100_000 {
      let count = Int.random(in: 0..<64, using: &generator)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      // A true first byte and a small second lead deeper.
      if count > 1 {
        bytes[0] = EntityCodec.versionWithoutChecksum
        bytes[1] &= 3
      }
      if (try? decode(bytes)) != nil { read += 1 }
    }
    #expect(read < 100_000)
  }

  @Test func `100,000 damaged entities are decoded or refused without a trap`() throws {
    var random = RandomEntities(seed: 3)
    var generator = SeededGenerator(seed: 4)
    var originals: [[UInt8]] = []
    while originals.count < 200 {
      // Without the checksum, which would hide almost all from the reader.
      let bytes = try withoutChecksum(encode(random.entity()))
      if bytes.count < 2_000 { originals.append(bytes) }
    }
    for round in 0..<100_000 {
      var bytes = originals[round % originals.count]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[index] = UInt8.random(in: 0...255, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0..<min(4, bytes.count), using: &generator))
      _ = try? decode(bytes)
    }
  }

  @Test func `The checksum shows every change of one byte`() throws {
    var random = RandomEntities(seed: 5)
    var generator = SeededGenerator(seed: 6)
    let key = Array("a key".utf8)
    for _ in 0..<100 {
      let bytes = try encode(random.entity(), key: key)
      #expect(throws: Never.self) { try decode(bytes, key: key) }
      #expect(throws: CorruptBlob.self) { try decode(bytes, key: Array("b key".utf8)) }
      for index in bytes.indices.prefix(300) {
        var damaged = bytes
        damaged[index] ^= UInt8.random(in: 1...255, using: &generator)
        // Of the first byte one change in 255 takes it for the form that had no checksum.
        if damaged[0] == EntityCodec.versionWithoutChecksum { continue }
        #expect(throws: CorruptBlob.self) { try decode(damaged, key: key) }
      }
    }
  }

  @Test func `Entities without a checksum are still decoded`() throws {
    var random = RandomEntities(seed: 7)
    for _ in 0..<100 {
      let bytes = try encode(random.entity())
      let found = try decode(withoutChecksum(bytes))
      #expect(same(.entity(Entity(nil, found)), .entity(Entity(nil, try decode(bytes)))))
    }
  }

  @Test func `Each kind of invalid bytes is refused with its reason`() {
    let cases: [([UInt8], String)] = [
      ([], "ends too early"), ([9, 0], "version 9"), ([1], "ends too early"),
      ([1, 0, 7], "1 bytes follow"), ([1, 5], "promises 5"),
      ([1, 1, 1, 0x61, 35], "unknown tag 35"), ([1, 1, 1, 0xFF, 0], "not UTF-8"),
      ([1, 1, 3, 0xF0, 0x9F, 0x92, 0], "not UTF-8"),
      ([1, 2, 1, 0x61, 0, 1, 0x61, 0], "twice"),
      ([1, 1, 1, 0x61, 3] + [UInt8](repeating: 0xFF, count: 10), "64 bits"),
      ([1, 1, 1, 0x61, 10] + [UInt8](repeating: 0xFF, count: 8) + [0x7F], "promises"),
      ([1, 1, 1, 0x61, 8, 1, 0], "not well formed"),
      ([1, 1, 1, 0x61] + nested(100), "nested too deeply"),
      ([1, 1, 1, 0x61, 0x40], "ends too early"), ([1, 1, 1, 0x61, 0x40, 0], "meaning"),
      ([1, 1, 1, 0x61, 0xC0] + [UInt8](repeating: 0xFF, count: 9) + [1], "meaning"),
    ]
    for (bytes, reason) in cases {
      let error = #expect(throws: CorruptBlob.self) { try decode(bytes) }
      #expect(error?.reason.contains(reason) == true, "\(bytes): \(error?.reason ?? "")")
    }
  }

  @Test func `An entity that is nested too deeply is refused`() throws {
    func value(_ depth: Int) -> Value { (0..<depth).reduce(.null) { inner, _ in .array([inner]) } }
    let deepest = Entity(nil, ["a": .indexed(value(EntityCodec.maxDepth))])
    #expect(try decode(encode(deepest)) == deepest.properties)
    #expect(throws: EntityCodec.TooDeep.self) {
      try encode(Entity(nil, ["a": .indexed(value(EntityCodec.maxDepth + 1))]))
    }
  }

  /// An array in an array, and so on.
  private func nested(_ depth: Int) -> [UInt8] {
    (0..<depth).flatMap { _ in [10, 1] as [UInt8] } + [0]
  }

  private func encode(_ entity: Entity, key: [UInt8] = []) throws -> [UInt8] {
    var writer = BlobWriter()
    let checksum = key.withUnsafeBytes { EntityCodec.checksum(ofKey: $0) }
    try EntityCodec.encode(entity, into: &writer, keyChecksum: checksum)
    return writer.bytes
  }

  private func withoutChecksum(_ bytes: [UInt8]) -> [UInt8] {
    [EntityCodec.versionWithoutChecksum] + bytes[1..<bytes.count - EntityCodec.checksumSize]
  }

  private func decode(_ bytes: [UInt8]) throws -> Entity.Properties {
    try bytes.withUnsafeBytes { try EntityCodec.decode($0) }
  }

  private func decode(_ bytes: [UInt8], key: [UInt8]) throws -> Entity.Properties {
    try bytes.withUnsafeBytes { bytes in
      try key.withUnsafeBytes { try EntityCodec.decode(bytes, of: $0) }
    }
  }

  private func same(_ left: Entity.Property, _ right: Entity.Property?) -> Bool {
    guard let right else { return false }
    return left.isIndexed == right.isIndexed && same(left.value, right.value)
  }

  private func same(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.double(let left), .double(let right)):
      return left.bitPattern == right.bitPattern
    case (.geoPoint(let left), .geoPoint(let right)):
      return left.latitude.bitPattern == right.latitude.bitPattern
        && left.longitude.bitPattern == right.longitude.bitPattern
    case (.string(let left), .string(let right)):
      return left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { same($0, $1) }
    case (.entity(let left), .entity(let right)):
      return left.key == right.key && left.properties.count == right.properties.count
        && left.properties.allSatisfy { same($1, right.properties[$0]) }
    default:
      return left == right
    }
  }
}

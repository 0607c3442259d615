// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

/// Managed exports, encoded by App Engine's own messages.
@Suite struct ExportedEntityTests {
  private static let file = Array(
    Data(
      base64Encoded:
        "5+01QrUBAWoxaglzfnByb2plY3RyGgsSBUdyb3VwIgVzdGFmZgwLEgRVc2VyGAcMogEHYXJjaGl2ZXIU"
        + "GgNhZ2UgACoLCNf//////////wFyChoCb2sgACoCEAFyFBoFcmF0aW8gACoJIQAAAAAAAARAchEaBG5h"
        + "bWUgACoHGgVKw7xyZ3IKGgRub25lIAAqAHIWCAcaBXNpbmNlIAAqCQjA5I7jnaKYA3IhCAkaBXBsYWNl"
        + "IAAqFCsxAAAAAADAR0A5AAAAAACAIMAscjMaBGJvc3MgACopY2oJc35wcm9qZWN0c3oFR3JvdXCKAQVz"
        + "dGFmZnRzegRVc2VygAEIdGRyDBoEdGFncyABKgIIAXIMGgR0YWdzIAEqAggCcgwaA29uZSABKgMaAXhy"
        + "DQgYGgVlbXB0eSAAKgB6EggPGgR0ZXh0IAAqBhoEbG9uZ3oQCA4aBGJsb2IgACoEGgIA/3pXCBMaB2Fk"
        + "ZHJlc3MgACpIGkZqBGoAcgByEBoEY2l0eSAAKgYaBEJlcm56KQgTGgRkZWVwIAAqHRobagRqAHIAchAa"
        + "BGNpdHkgACoGGgRCZXJuggEAggEAggEAZCJUUzsAAWoYaglzfnByb2plY3RyCwsSBFVzZXIiATcMcg0a"
        + "BW1peGVkIAEqAggBeg0aBW1peGVkIAEqAggCggEAQvw5ujMAAWoXaglzfnByb2plY3RyCgsSBFVzZXIY"
        + "CQxyFRoDd2hvIAAqDENKBWFAYi5jUgFnRIIBAIc+TP0EAAFqdW5r"
    )!)

  private func records(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let reader = try LogReader(.bytes(bytes, name: "output-0"))
    var records: [[UInt8]] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  @Test func `An entity keeps its key, its types and its index flags`() throws {
    let records = try records(Self.file)
    #expect(records.count == 4)
    let nested = Entity(nil, ["city": "Bern"])
    let address = Entity(nil, ["city": "Bern", "deep": .unindexed(.entity(nested))])
    let staff = Key("Group", name: "staff", namespace: "archive")
    let expected = Entity(
      Key("User", id: 7, parent: staff),
      [
        "age": -41, "ok": true, "ratio": 2.5, "name": "J\u{FC}rg", "none": .indexed(.null),
        "since": .indexed(.timestamp(Timestamp(microseconds: 1_795_579_200_123_456))),
        "place": .indexed(.geoPoint(GeoPoint(latitude: 47.5, longitude: -8.25))),
        "boss": .indexed(.key(Key("User", id: 8, parent: Key("Group", name: "staff")))),
        "tags": [1, 2], "one": ["x"], "empty": [], "text": .unindexed("long"),
        "blob": .unindexed(.bytes([0, 255])), "address": .unindexed(.entity(address)),
      ])
    let entity = try ExportedEntity.read(records[0])
    #expect(EntityJSON.node(of: entity).text == EntityJSON.node(of: expected).text)
  }

  @Test func `What has no form here is refused with its reason`() throws {
    let records = try records(Self.file)
    for (record, reason) in [
      (records[1], "indexed and unindexed values"), (records[2], "a user of App Engine"),
      (records[3], "not an entity"), ([], "not an entity"),
    ] {
      let problem = #expect(throws: ExportProblem.self) { try ExportedEntity.read(record) }
      #expect(problem?.message.contains(reason) == true)
    }
  }

  @Test func `A damaged or shortened file is refused`() throws {
    for index in [0, 5, 6, 40] {
      var bytes = Self.file
      bytes[index] ^= 0x41
      #expect(throws: InputError.self) { try records(bytes) }
    }
    #expect(throws: InputError.self) { try records(Array(Self.file.dropLast(1))) }
    #expect(throws: InputError.self) { try records(Array("id,name\n1,Ann\n".utf8)) }
    #expect(try records([]) == [])
  }

  @Test func `Records that extend across blocks are read whole`() throws {
    var file: [UInt8] = []
    let lengths = [10, 32_730, 0, 100_000, 32_761, 5, 65_522, 3]
    for length in lengths { LogWriter.append([UInt8](repeating: 7, count: length), to: &file) }
    #expect(try records(file).map(\.count) == lengths)
  }
}

/// Writes records as LevelDB does.
private enum LogWriter {
  static func append(_ record: [UInt8], to file: inout [UInt8]) {
    var rest = record[...]
    var isFirst = true
    repeat {
      var left = (1 << 15) - file.count % (1 << 15)
      if left < 7 {
        file += [UInt8](repeating: 0, count: left)
        left = 1 << 15
      }
      let part = rest.prefix(left - 7)
      rest = rest.dropFirst(part.count)
      let type: UInt8 = isFirst ? (rest.isEmpty ? 1 : 2) : (rest.isEmpty ? 4 : 3)
      let sum = CRC32C.masked([type] + part)
      file += (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
      file += [UInt8(part.count & 0xFF), UInt8(part.count >> 8), type] + part
      isFirst = false
    } while !rest.isEmpty
  }
}

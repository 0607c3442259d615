// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreContractTests
import DatastoreModel
import Testing

@testable import DatastoreContractTests
@testable import DatastoreEngine

/// Compares the order of values' bytes with the order of values in the reference model.
@Suite struct IndexCodecTests {
  /// Random values without arrays and nested entities, which are not ordered themselves.
  private func values(_ count: Int, seed: UInt64) -> [Value] {
    var random = RandomEntities(seed: seed)
    var values: [Value] = []
    while values.count < count {
      random.entity().forEachIndexedValue { values.append($1) }
    }
    return values
  }

  @Test func `The order of bytes is the order of values for 160,000 random pairs`() {
    let values = values(400, seed: 11)
    let encoded = values.map { IndexCodec.encode($0) }
    let types = Set(values.map(\.typeName))
    #expect(types.count == 9)
    for (a, left) in zip(values, encoded) {
      for (b, right) in zip(values, encoded) {
        let order = ReferenceOrder.compare(a, b)
        let isRight =
          order == 0 ? left == right : left.lexicographicallyPrecedes(right) == (order < 0)
        if !isRight { Issue.record("\(a) and \(b)") }
      }
    }
  }

  @Test func `Encoded rows sort as their values do, in each direction`() throws {
    // Neighbouring texts where one begins the other are rare among random values.
    let texts: [Value] = ["", "\0", "a", "", "\0", "a\0", "\0\0", "", "a", "\0"]
    let values = texts + texts.reversed() + values(1_500, seed: 12)
    func row(_ start: Int, _ ways: [Bool]) -> [UInt8] {
      var position: [UInt8] = []
      for (value, isDescending) in zip(values[start...], ways) {
        QueryPosition.append(
          IndexCodec.encode(value), isDescending: isDescending, to: &position)
      }
      return position + [QueryPosition.end]
    }
    for ways in [[false, false], [false, true], [true, false], [true, true]] {
      let orders = ways.map { NormalizedQuery.Order(property: "p", isDescending: $0) }
      for start in stride(from: 0, to: values.count - 4, by: 1) {
        let first = row(start, ways)
        let second = row(start + 2, ways)
        var expected = 0
        for (index, isDescending) in ways.enumerated() where expected == 0 {
          let order = ReferenceOrder.compare(values[start + index], values[start + 2 + index])
          expected = isDescending ? -order : order
        }
        let isRight =
          expected == 0
          ? first == second : first.lexicographicallyPrecedes(second) == (expected < 0)
        if !isRight { Issue.record("\(values[start...(start + 3)]), \(ways), \(first), \(second)") }
        let parts = try QueryPosition.components(first, orders[...])
        #expect(parts == (0..<2).map { IndexCodec.encode(values[start + $0]) })
      }
    }
  }

  @Test func `No encoded value is a prefix of another, except before FF`() {
    let encoded = Set(values(1_000, seed: 13).map { IndexCodec.encode($0) })
    for bytes in encoded {
      for length in 0..<bytes.count
      where encoded.contains(Array(bytes.prefix(length))) && bytes[length] != 0xFF {
        Issue.record("\(bytes) begins with \(bytes.prefix(length))")
      }
    }
  }

  @Test func `A terminated key is decoded to its plain form`() throws {
    var random = RandomEntities(seed: 14)
    for _ in 0..<2_000 {
      let key = random.key(isComplete: true)
      var plain = BlobWriter()
      KeyCodec.encode(key, into: &plain)
      let terminated = Array(IndexCodec.encode(.key(key)).dropFirst())
      #expect(try KeyCodec.plain(fromTerminated: terminated) == plain.bytes)
    }
  }

  @Test func `Random inputs are measured or refused without a trap`() {
    var generator = SeededGenerator(seed: 15)
    for _ in 0..<100_000 {
      let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
        [0, 0, 1, 2, 3, 8, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0xFF].randomElement(
          using: &generator)! as UInt8
      }
      let length = bytes.withUnsafeBytes { try? IndexCodec.length(of: $0, from: 0) }
      if let length { #expect(1...bytes.count ~= length) }
      _ = try? KeyCodec.plain(fromTerminated: bytes)
      let orders = [true, false].map { NormalizedQuery.Order(property: "p", isDescending: $0) }
      _ = try? QueryPosition.components(bytes, orders[...])
    }
  }
}

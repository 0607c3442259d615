// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreContractTests
import DatastoreModel
import Testing

@testable import DatastoreEngine

@Suite struct KeyCodecTests {
  @Test func `Ten thousand random keys come back as they were`() throws {
    var random = RandomEntities(seed: 5)
    for round in 0..<10_000 {
      let key = random.key(isComplete: round % 4 != 0)
      let decoded = try encode(key).withUnsafeBytes { try KeyCodec.decode($0) }
      if decoded != key { Issue.record("\(key) became \(decoded)") }
    }
  }

  @Test func `Bytes sort as keys do, by namespace, kind, and ID before name`() {
    let parent = Key("K", id: 1)
    let sorted = [
      Key("A", name: "z"),
      Key("K", id: .min), Key("K", id: -1), parent, Key("A", id: 9, parent: parent),
      Key("K", name: "x", parent: parent), Key("K", id: 2), Key("K", id: 256), Key("K", id: .max),
      Key("K", name: "\0"), Key("K", name: "a"), Key("A", id: 1, parent: Key("K", name: "a")),
      Key("K", name: "a\0"), Key("K", name: "a\0b"), Key("K", name: "a\u{1}"), Key("K", name: "aa"),
      Key("K", name: "b"), Key("K", name: "\u{FFFD}"), Key("K", name: "\u{10000}"),
      Key("KK", id: 1), Key("A", id: 1, namespace: "n"), Key("A", id: 1, namespace: "nn"),
    ]
    for (left, right) in zip(sorted, sorted.dropFirst()) {
      #expect(encode(left).lexicographicallyPrecedes(encode(right)), "\(left) before \(right)")
    }
  }

  @Test func `Exactly a key's descendants sort between its bytes and its bytes with FF`() throws {
    var random = RandomEntities(seed: 6)
    for _ in 0..<300 {
      let ancestor = random.key(isComplete: true)
      let start = encode(ancestor)
      for _ in 0..<20 {
        let stranger = random.key(isComplete: true)
        let child = try Key(path: ancestor.path + stranger.path, namespace: ancestor.namespace)
        for key in [child, stranger] {
          let isDescendant =
            key.namespace.utf8.elementsEqual(ancestor.namespace.utf8)
            && Array(key.path.prefix(ancestor.path.count)) == ancestor.path
          let bytes = encode(key)
          let isInRange =
            !bytes.lexicographicallyPrecedes(start)
            && bytes.lexicographicallyPrecedes(start + [0xFF])
          if isDescendant != isInRange { Issue.record("\(key) under \(ancestor)") }
        }
      }
    }
  }

  @Test func `100,000 random inputs are decoded or refused without a trap`() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<100_000 {
      let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
        // Few different bytes, so that terminators and tags come up often.
        [0, 0, 1, 2, 3, 0x61, 0xC3, 0xFF].randomElement(using: &generator)! as UInt8
      }
      guard let key = try? bytes.withUnsafeBytes({ try KeyCodec.decode($0) }) else { continue }
      if encode(key) != bytes { Issue.record("\(bytes) became \(key)") }
    }
  }

  private func encode(_ key: Key) -> [UInt8] {
    var writer = BlobWriter()
    KeyCodec.encode(key, into: &writer)
    return writer.bytes
  }
}

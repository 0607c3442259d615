// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreCompression
import DatastoreInMemory
import FoundationEssentials
import Testing

/// Properties that are stored compressed, as NDB stores them.
@Suite struct CompressedTests {
  struct Page: DatastoreEntity, Equatable {
    var key = Key("Page", id: 1)
    var title = "t"
    @Compressed var text = String(repeating: "hello ", count: 200)
    @Compressed var image: Data? = nil
    @Compressed var raw: [UInt8] = []
  }

  private let datastore = Datastore(backend: InMemoryBackend())

  private func decode(_ text: Entity.Property) throws -> Page {
    try EntityDecoder().decode(
      Page.self,
      from: Entity(Page.key(id: 1), ["title": "t", "text": text, "raw": .unindexed(.bytes([]))]))
  }

  private static func marked(_ bytes: [UInt8]) -> Entity.Property {
    var property = Entity.Property.unindexed(.bytes(bytes))
    property.meaning = 22
    return property
  }

  /// `zlib.compress(b"hello")` of Python.
  private static let hello: [UInt8] = [
    0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x06, 0x2C, 0x02, 0x15,
  ]

  @Test func `A compressed property is stored as unindexed bytes with meaning 22`() async throws {
    var page = Page()
    page.image = Data([1, 2, 3])
    _ = try await datastore.put(page).value
    let entity = try #require(try await datastore.get(page.key).value)
    let text = try #require(entity.properties["text"])
    #expect(text.meaning == 22 && !text.isIndexed)
    #expect(text.value.bytesValue.map { $0.count < 100 && $0.starts(with: [0x78]) } == true)
    #expect(try EntityDecoder().decode(Page.self, from: entity) == page)
    #expect(entity.properties["title"]?.meaning == 0)
    page.image = nil
    let empty = try EntityEncoder().encode(page)
    #expect(empty["image"] == .null && empty.properties["image"]?.meaning == 0)
    #expect(try EntityDecoder().decode(Page.self, from: empty) == page)
  }

  @Test func `What NDB has compressed is read, with its meaning or without`() throws {
    #expect(try decode(Self.marked(Self.hello)).text == "hello")
    #expect(try decode(.unindexed(.bytes(Self.hello))).text == "hello")
  }

  @Test func `What was stored before it was compressed is read`() throws {
    #expect(try decode("plain").text == "plain")
    #expect(try decode(.unindexed(.bytes(Array("plain".utf8)))).text == "plain")
  }

  @Test func `Damaged bytes fail with decodingFailed and the name of the property`() {
    for bytes in [[], Array(Self.hello.dropLast()), Self.hello + [0], [1, 2, 3]] {
      let error = #expect(throws: DatastoreError.self) { try decode(Self.marked(bytes)) }
      #expect(error?.code == .decodingFailed && error?.property == "text")
    }
    let error = #expect(throws: DatastoreError.self) { try decode(1) }
    #expect(error?.code == .decodingFailed)
  }

  @Test func `A masked update writes a compressed property alone`() async throws {
    _ = try await datastore.put(Page()).value
    let new = Page(title: "u", text: "new")
    _ = try await datastore.update(new, only: \.text).value
    let entity = try #require(try await datastore.get(new.key).value)
    #expect(entity["title"] == "t" && entity.properties["text"]?.meaning == 22)
    #expect(try EntityDecoder().decode(Page.self, from: entity).text == "new")
  }

  @Test func `Large values of any bytes are the same afterwards`() throws {
    var page = Page()
    var generator = SystemRandomNumberGenerator()
    for count in [0, 1, 65_535, 65_536, 300_000] {
      page.raw = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      page.image = Data(repeating: 7, count: count)
      let entity = try EntityEncoder().encode(page)
      #expect(try EntityDecoder().decode(Page.self, from: entity) == page)
    }
  }
}

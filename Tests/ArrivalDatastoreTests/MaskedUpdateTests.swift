// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// Updates of single properties by key paths, in both forms of nested values.
@Suite struct MaskedUpdateTests {
  struct Place: Codable, Sendable, Equatable {
    var x: Int
    var y: Int?
  }

  struct Home: DatastoreStructure, Equatable {
    static let unindexedProperties: Set = ["note"]
    var city: String
    var place: Place?
    var note = Place(x: 0)
  }

  /// A type in either form. The key of its kind tells which.
  protocol House: DatastoreEntity, Equatable {
    init(home: Home?, log: Place)
    var home: Home? { get set }
    var log: Place { get set }
    var first: Home { get set }
    static var city: KeyPath<Self, String?> { get }
  }

  struct Nested: House {
    static let unindexedProperties: Set = ["log"]
    static var city: KeyPath<Self, String?> { \.home?.city }
    var key = Key("Nested", id: 1)
    var first = Home(city: "Rome", place: Place(x: 7))
    var home: Home?
    var log: Place
    init(home: Home?, log: Place) {
      self.home = home
      self.log = log
    }
  }

  struct Flat: House {
    static let unindexedProperties: Set = ["log"]
    static let flattensStructures = true
    static var city: KeyPath<Self, String?> { \.home?.city }
    var key = Key("Flat", id: 1)
    var first = Home(city: "Rome", place: Place(x: 7))
    var home: Home?
    var log: Place
    init(home: Home?, log: Place) {
      self.home = home
      self.log = log
    }
  }

  private let datastore = Datastore(backend: InMemoryBackend())

  private func stored<T: House>(_ type: T.Type) async throws -> T? {
    try await datastore.get(type.key(id: 1), as: type).value
  }

  private func expectMaskedUpdates<T: House>(_ type: T.Type) async throws {
    let old = T(home: Home(city: "Oslo", place: Place(x: 1, y: 2)), log: Place(x: 3))
    var new = T(home: Home(city: "Bern", place: nil), log: Place(x: 4))
    new.first = Home(city: "Nice", place: Place(x: 8, y: 9), note: Place(x: 5))

    _ = try await datastore.put(old).value
    var expected = old
    _ = try await datastore.update(new, only: T.city, \.first.place!.x).value
    expected.home?.city = "Bern"
    expected.first.place?.x = 8
    #expect(try await stored(type) == expected)

    _ = try await datastore.update(new, only: \.first.note.x, \.log.x).value
    expected.first.note.x = 5
    expected.log.x = 4
    #expect(try await stored(type) == expected)

    _ = try await datastore.update(new, only: \.home).value
    expected.home = new.home
    #expect(try await stored(type) == expected)

    new.home = nil
    _ = try await datastore.update(new, only: \.home, \.first).value
    expected.home = nil
    expected.first = new.first
    #expect(try await stored(type) == expected)

    new.home = old.home
    _ = try await datastore.update(new, only: \.home).value
    expected.home = old.home
    #expect(try await stored(type) == expected)
  }

  @Test func `Parts of nested values and whole ones are updated alone`() async throws {
    try await expectMaskedUpdates(Nested.self)
    try await expectMaskedUpdates(Flat.self)
  }

  @Test func `A transform changes a part of a nested value, and no other`() async throws {
    var nested = Nested(home: Home(city: "Oslo", place: Place(x: 1)), log: Place(x: 3))
    _ = try await datastore.put(nested).value
    datastore.update(nested.key, \Nested.first.place!.x, .increment(1))
    datastore.update(nested.key, \Nested.log.x, .increment(1))
    _ = try await datastore.update(nested.key, \Nested.first.note.x, .increment(1)).value
    nested.first.place?.x += 1
    nested.log.x += 1
    nested.first.note.x += 1
    #expect(try await stored(Nested.self) == nested)

    var flat = Flat(home: Home(city: "Oslo", place: Place(x: 1)), log: Place(x: 3))
    _ = try await datastore.put(flat).value
    datastore.update(flat.key, \Flat.first.place!.x, .increment(1))
    datastore.update(flat.key, \Flat.log.x, .increment(1))
    _ = try await datastore.update(flat.key, \Flat.first.note.x, .increment(1)).value
    flat.first.place?.x += 1
    flat.log.x += 1
    flat.first.note.x += 1
    #expect(try await stored(Flat.self) == flat)
  }

  struct Bag: DatastoreEntity, Equatable {
    static let flattensStructures = true
    enum CodingKeys: String, CodingKey {
      case key
      case count = "the.count"
      case notes, lines, tags
    }
    var key = Key("Bag", id: 1)
    var count = 0
    var notes = ["a": 1]
    var lines = [Place(x: 1)]
    var tags: [String] = []
  }

  @Test func `A name with a dot is that of one property`() async throws {
    struct Dotted: DatastoreEntity, Equatable {
      enum CodingKeys: String, CodingKey {
        case key
        case count = "the.count"
        case other
      }
      var key = Key("Dotted", id: 1)
      var count = 1
      var other = 1
    }
    _ = try await datastore.put(Dotted()).value
    _ = try await datastore.update(Dotted(count: 5, other: 5), only: \.count).value
    _ = try await datastore.update(Dotted().key, \Dotted.count, .increment(1)).value
    let found = try await datastore.get(Dotted().key, as: Dotted.self).value
    #expect(found == Dotted(count: 6, other: 1))
    let query = Query(Dotted.self).where(\.count == 6)
    #expect(try await datastore.query(query).fetch().value == [Dotted(count: 6, other: 1)])
    _ = try await datastore.put(Bag()).value
    _ = try await datastore.update(Bag(count: 5, notes: [:]), only: \.count).value
    #expect(try await datastore.get(Bag().key, as: Bag.self).value == Bag(count: 5))
  }

  @Test func `In NDB's form, parts of unknown names are refused`() async throws {
    _ = try await datastore.put(Bag()).value
    func expectRefusal(_ future: Future<Key>, _ property: String) async {
      let error = await #expect(throws: DatastoreError.self) { try await future.value }
      #expect(error?.code == .invalidArgument && error?.property == property)
    }
    await expectRefusal(datastore.update(Bag(), only: \.notes), "notes")
    await expectRefusal(datastore.update(Bag(lines: []), only: \.lines), "lines")
    let removal = PropertyTransform.Operation.removeAllFromArray([1])
    await expectRefusal(datastore.update(Bag().key, \Bag.lines, removal), "lines")
    let appended = PropertyTransform.Operation.appendMissingElements(["x"])
    _ = try await datastore.update(Bag().key, \Bag.tags, appended).value
    #expect(try await datastore.get(Bag().key, as: Bag.self).value == Bag(tags: ["x"]))
  }

  struct Page: DatastoreEntity {
    var key = Key("Page", id: 1)
    var title: String
    var text: String
    @AutoNow var updated
    @AutoNowAdd var created
    func computedProperties() -> Entity.Properties {
      ["title.lower": .indexed(.string(title.lowercased()))]
    }
  }

  @Test func `Computed properties and times of the write follow`() async throws {
    _ = try await datastore.put(Page(title: "A", text: "x")).value
    let old = try #require(try await datastore.get(Page.key(id: 1), as: Page.self).value)
    _ = try await datastore.update(Page(title: "B", text: "y"), only: \.title).value
    let entity = try #require(try await datastore.get(Page.key(id: 1)).value)
    let new = try EntityDecoder().decode(Page.self, from: entity)
    #expect(entity["title.lower"] == "b" && new.title == "B" && new.text == "x")
    let times = (try #require(old.updated), try #require(new.updated))
    #expect(times.0 < times.1)
    #expect(new.created == old.created)
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import Testing

private struct Point: Codable, Sendable, Hashable {
  var lat: Double
  var lng: Double
}

private struct Home: Codable, Sendable, Hashable {
  var city: String
  var street: String?
  var place: Point?
}

private struct Shop: DatastoreEntity, Hashable {
  var key = Shop.newKey()
  var name: String
  var home: Home?
  var branches: [Home]?
}

/// Nested values whose parts are properties of the outer entity, as NDB writes them.
@Suite struct FlattenedStructureTests {
  private func decode(_ properties: Entity.Properties) throws -> Shop {
    try EntityDecoder().decode(Shop.self, from: Entity(Shop.key(id: 1), properties))
  }

  @Test func `A nested value is read from the properties of its parts`() throws {
    let shop = try decode([
      "name": "x", "home.city": "Oslo", "home.street": "1", "home.place.lat": 59.9,
      "home.place.lng": 10.7, "homepage": "y",
    ])
    #expect(shop.home == Home(city: "Oslo", street: "1", place: Point(lat: 59.9, lng: 10.7)))
    #expect(shop.branches == nil)
  }

  @Test func `A repeated nested value is read from an array for each part`() throws {
    let shop = try decode([
      "name": "x", "branches.city": ["Oslo", "Rome"], "branches.street": [.null, "2"],
      "branches.place.lat": [1.0, 2.0], "branches.place.lng": [3.0, 4.0],
    ])
    #expect(
      shop.branches == [
        Home(city: "Oslo", street: nil, place: Point(lat: 1, lng: 3)),
        Home(city: "Rome", street: "2", place: Point(lat: 2, lng: 4)),
      ])
  }

  @Test func `An entity in one property is preferred, and null is no value`() throws {
    let nested = Entity(nil, ["city": "Rome"])
    #expect(
      try decode(["name": "x", "home": .init(.entity(nested)), "home.city": "Oslo"]).home?.city
        == "Rome")
    #expect(try decode(["name": "x", "home": .init(.null)]).home == nil)
    #expect(try decode(["name": "x"]).home == nil)
  }

  @Test func `Parts with different numbers of values are an error that names them`() {
    let error = #expect(throws: DatastoreError.self) {
      try decode([
        "name": "x", "branches.city": ["Oslo", "Rome"], "branches.street": ["1"],
      ])
    }
    #expect(error?.code == .decodingFailed && error?.property == "branches")
    #expect(error?.message.contains("different numbers of values") == true)
  }

  @Test func `Null beside the parts of a nested value does not hide them`() throws {
    let shop = try decode([
      "name": "x", "branches.city": ["Oslo", "Rome"], "branches.place": [.null, .null],
      "branches.place.lat": [1.0, .null], "branches.place.lng": [3.0, .null],
      "home": .init(.null), "home.city": "Bern",
    ])
    #expect(
      shop.branches == [
        Home(city: "Oslo", place: Point(lat: 1, lng: 3)), Home(city: "Rome"),
      ])
    #expect(shop.home == Home(city: "Bern"))
  }

  @Test func `A missing part is named with its whole path`() {
    let error = #expect(throws: DatastoreError.self) {
      try decode(["name": "x", "home.street": "1"])
    }
    #expect(error?.property == "home.city")
  }
}

/// Nested values can be written in NDB's default form.
@Suite struct FlatteningTests {
  private struct Line: Codable, Equatable {
    var item: String
    var count: Int?
    var place = Place(shelf: "a")
  }

  private struct Place: Codable, Equatable { var shelf: String }

  private struct Shop: DatastoreEntity, Equatable {
    static let flattensStructures = true
    static let unindexedProperties: Set = ["log", "home.note"]
    static let defaultProperties: Entity.Properties = ["lines": []]
    struct Home: Codable, Equatable { var city: String, note: String, place: Place }
    var key = Key("Shop", id: 1)
    var home: Home?
    var lines: [Line]
    var log = Place(shelf: "z")
    var tags = ["x", "y"]
  }

  @Test func `Nested values become properties named by their paths`() throws {
    let shop = Shop(
      home: .init(city: "Bern", note: "n", place: Place(shelf: "b")),
      lines: [Line(item: "pen", count: 2), Line(item: "ink", count: nil)])
    let entity = try EntityEncoder().encode(shop)
    let log = Entity(nil, ["shelf": "z"])
    #expect(
      entity.properties == [
        "home.city": "Bern", "home.note": .unindexed("n"), "home.place.shelf": "b",
        "lines.item": ["pen", "ink"], "lines.count": [2, .null],
        "lines.place.shelf": ["a", "a"], "tags": ["x", "y"], "log": .unindexed(.entity(log)),
      ])
    #expect(try EntityDecoder().decode(Shop.self, from: entity) == shop)
  }

  @Test func `A missing value is null, and an empty array is nothing, as in NDB`() throws {
    let shop = Shop(home: nil, lines: [])
    let entity = try EntityEncoder().encode(shop)
    #expect(entity.properties["home"] == .indexed(.null))
    #expect(try EntityDecoder().decode(Shop.self, from: entity) == shop)
  }

  @Test func `An optional value in a repeated one is kept where it is, and nil elsewhere`() throws {
    struct Inner: Codable, Equatable { var shelf: String, depth: Int? }
    struct Outer: Codable, Equatable { var inner: Inner?, plain = Plain() }
    struct Plain: Codable, Equatable { var note: String? }
    struct Line: Codable, Equatable { var item: String?, outer: Outer? }
    struct Sheet: DatastoreEntity, Equatable {
      static let flattensStructures = true
      var key = Key("Sheet", id: 1)
      var lines: [Line]
    }
    let full = Outer(inner: Inner(shelf: "a", depth: nil), plain: Plain(note: "n"))
    let lines = [
      Line(item: "pen", outer: full), Line(item: nil, outer: nil),
      Line(item: "ink", outer: Outer(inner: nil, plain: Plain(note: "m"))),
    ]
    for lines in [lines, lines.reversed(), [lines[1], lines[1]], [lines[2]], [lines[0]]] {
      let sheet = Sheet(lines: lines)
      let entity = try EntityEncoder().encode(sheet)
      #expect(try EntityDecoder().decode(Sheet.self, from: entity) == sheet, "\(entity)")
    }
  }

  @Test func `An empty dictionary is kept`() throws {
    struct Sheet: DatastoreEntity, Equatable {
      static let flattensStructures = true
      var key = Key("Sheet", id: 1)
      var notes: [String: Int]
    }
    for notes in [[:], ["a": 1]] {
      let sheet = Sheet(notes: notes)
      let entity = try EntityEncoder().encode(sheet)
      #expect(try EntityDecoder().decode(Sheet.self, from: entity) == sheet)
    }
  }

  @Test func `What the form cannot hold is refused`() throws {
    struct Row: Codable { var cells: [String] }
    struct Sheet: Codable { var rows: [Row?] }
    let flat = EntityEncoder(flattensStructures: true)
    for sheet in [Sheet(rows: [Row(cells: ["a"])]), Sheet(rows: [Row(cells: []), nil])] {
      #expect {
        try flat.encode(sheet, key: Key("Sheet", id: 1))
      } throws: {
        ($0 as? DatastoreError)?.property == "rows"
      }
    }
  }
}

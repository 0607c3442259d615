// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import FoundationEssentials
import Testing

private enum Colour: String, Codable, Sendable { case red, green }

private enum Shape: Codable, Equatable, Sendable {
  case circle(radius: Double)
  case none
}

private struct Inner: Codable, Equatable, Sendable {
  enum CodingKeys: String, CodingKey {
    case text = "t"
    case when
  }

  var text = "x"
  var when: Date? = Date(timeIntervalSince1970: 1)
}

private struct Row: DatastoreEntity, Equatable {
  static let unindexedProperties: Set = ["long_text", "inner.t"]

  enum CodingKeys: String, CodingKey {
    case key
    case text = "long_text"
    case colour, number, inner, list, shape, born
  }

  var key: Key = Row.key(id: 1)
  var text = "a"
  var colour = Colour.red
  var number: Int16? = 3
  var inner = Inner()
  var list = [Inner(), Inner(text: "y", when: nil)]
  var shape = Shape.circle(radius: 2)
  var born = Date(timeIntervalSince1970: 951_782_400.25)
}

@Suite struct CodableRefusalTests {
  @Test func `Renamed properties are stored, unindexed and read under their coding keys`() throws {
    let entity = try EntityEncoder().encode(Row())
    #expect(entity["long_text"] == "a")
    #expect(entity["text"] == nil)
    #expect(entity.properties["long_text"]?.isIndexed == false)
    guard case .entity(let inner) = entity["inner"] else {
      Issue.record("a nested entity is expected")
      return
    }
    #expect(inner.properties["t"] == .unindexed("x"))
    #expect(try EntityDecoder().decode(Row.self, from: entity) == Row())
  }

  @Test func `An error names the property as it is stored`() throws {
    var entity = try EntityEncoder().encode(Row())
    entity["long_text"] = 7
    let error = #expect(throws: DatastoreError.self) {
      try EntityDecoder().decode(Row.self, from: entity)
    }
    #expect(error?.code == .decodingFailed)
    #expect(error?.key?.kind == "Row")
    #expect(error?.property == "long_text")
  }

  @Test func `An unknown raw value is refused with the property and the value`()
    throws
  {
    var entity = try EntityEncoder().encode(Row())
    entity["colour"] = "blue"
    let error = #expect(throws: DatastoreError.self) {
      try EntityDecoder().decode(Row.self, from: entity)
    }
    #expect(error?.property == "colour")
    #expect(error?.message.contains("blue") == true)
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan, 1e300, -1e300, 1e15])
  func `Extreme dates are stored or refused without a trap`(_ seconds: Double) {
    var row = Row()
    row.born = Date(timeIntervalSince1970: seconds)
    let error = #expect(throws: DatastoreError.self) {
      try Limits.check(.upsert(try EntityEncoder().encode(row)))
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.property == "born")
  }

  @Test func `A Decimal is refused at any depth, with its path`() {
    let error = #expect(throws: DatastoreError.self) {
      _ = try EntityEncoder().encode(["prices": [["net": Decimal(1)]]], key: Key("A", id: 1))
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.property == "prices[0].net")
  }

  @Test func `Random entities are decoded, or refused with key and property`()
    throws
  {
    let values: [Value] = [
      .null, true, 0, .integer(.max), .integer(.min), 1.5, .double(.nan), .double(1e300), "", "red",
      .bytes([0xFF]), [], [1, .null, "x"], .timestamp(Timestamp(microseconds: .max)),
      .timestamp(Timestamp(microseconds: .min)), .key(Key("K", id: 1)),
      .geoPoint(GeoPoint(latitude: 1, longitude: 2)), .entity(Entity(nil, [:])),
      .entity(Entity(nil, ["circle": .indexed(.entity(Entity(nil, ["radius": "x"])))])),
      [.entity(Entity(nil, ["t": "x", "when": 7]))],
    ]
    let whole = try EntityEncoder().encode(Row())
    var refused = 0
    for name in whole.properties.keys {
      for value in values {
        var entity = whole
        entity[name] = value
        do throws(DatastoreError) {
          _ = try EntityDecoder().decode(Row.self, from: entity)
        } catch {
          refused += 1
          #expect(error.code == .decodingFailed)
          #expect(error.key == Row.key(id: 1))
          #expect(error.property?.hasPrefix(name) == true, "\(error)")
        }
      }
    }
    #expect(refused > 60)
  }
}

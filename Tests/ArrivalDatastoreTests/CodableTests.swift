// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import FoundationEssentials
import Testing

private enum Role: String, Codable, Sendable { case admin, guest }
private enum Level: Int, Codable, Sendable {
  case low = 1
  case high = 2
}

private struct Address: Codable, Equatable, Sendable {
  var street: String
  var note: String?
}

private struct User: DatastoreEntity, Equatable {
  static let unindexedProperties: Set = ["bio", "home.note", "others.note"]

  var key = User.newKey()
  var name = "Ann"
  var bio = "long"
  var age: Int8 = 41
  var views: UInt32 = .max
  var score = 0.1
  var ratio: Float = 0.1
  var admin = true
  var role = Role.admin
  var level = Level.high
  var nickname: String?
  var tags = ["a", "b"]
  var gaps: [Int?] = [1, nil, 3]
  var home = Address(street: "Elm", note: nil)
  var others = [Address(street: "Oak", note: "x")]
  var counts = ["x": 1, "y": 2]
  var born = Date(timeIntervalSince1970: 951_782_400.25)
  var raw: [UInt8] = [1, 2, 255]
  var data = Data([3, 4])
  var friend: Key? = Key("User", id: 9)
  var place = GeoPoint(latitude: 1, longitude: 2)
  var seen = Timestamp(microseconds: 7)
  var id = UUID()
  var page: URL? = URL(string: "https://example.org/a?b=c")
  var empty: [String] = []
  var noBytes: [UInt8] = []
}

private struct One<T: Codable & Sendable>: Codable, Sendable { var value: T }

/// Encodes keyed and unkeyed at once, which nothing can store.
private struct TwoFaced: Encodable {
  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: Key.self)
    try keyed.encode(1, forKey: .a)
    var unkeyed = encoder.unkeyedContainer()
    try unkeyed.encode(2)
  }
  enum Key: CodingKey { case a }
}

private class Base: Codable { var base = 1 }
private final class Derived: Base {
  var own = 2
  override init() { super.init() }
  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    own = try container.decode(Int.self, forKey: .own)
    try super.init(from: container.superDecoder())
  }
  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(own, forKey: .own)
    try super.encode(to: container.superEncoder())
  }
  enum Keys: CodingKey { case own }
}

@Suite struct CodableTests {
  let key = Key("A", id: 1)

  func encode(_ value: some Encodable) throws(DatastoreError) -> Entity {
    try EntityEncoder().encode(value, key: key)
  }

  func decode<T: Decodable>(_ type: T.Type, _ value: Value) throws(DatastoreError) -> T {
    try EntityDecoder().decode(type, from: Entity(key, ["value": .indexed(value)]))
  }

  @Test func `A struct with every type survives encoding and decoding`() throws {
    var user = User()
    user.key = User.key(id: 7)
    let entity = try EntityEncoder().encode(user)
    #expect(entity.key == Key("User", id: 7))
    #expect(try EntityDecoder().decode(User.self, from: entity) == user)
    try Limits.check(.upsert(entity))
  }

  @Test func `Each Swift type is encoded as its value type`() throws {
    let user = User()
    let entity = try EntityEncoder().encode(user)
    #expect(entity["name"] == "Ann")
    #expect(entity["age"] == 41)
    #expect(entity["score"] == 0.1)
    #expect(entity["ratio"] == .double(Double(Float(0.1))))
    #expect(entity["role"] == "admin")
    #expect(entity["level"] == 2)
    #expect(entity["nickname"] == .null)
    #expect(entity["gaps"] == [1, .null, 3])
    #expect(entity["home"] == .entity(Entity(nil, ["street": "Elm", "note": .unindexed(.null)])))
    #expect(entity["counts"] == .entity(Entity(nil, ["x": 1, "y": 2])))
    #expect(entity["born"] == .timestamp(Timestamp(microseconds: 951_782_400_250_000)))
    #expect(entity["raw"] == .bytes([1, 2, 255]))
    #expect(entity["data"] == .bytes([3, 4]))
    #expect(entity["friend"] == .key(Key("User", id: 9)))
    #expect(entity["place"] == .geoPoint(user.place))
    #expect(entity["seen"] == .timestamp(user.seen))
    #expect(entity["id"] == .string(user.id.uuidString))
    #expect(entity["page"] == "https://example.org/a?b=c")
    #expect(entity["empty"] == [])
    #expect(entity["noBytes"] == .bytes([]))
    #expect(entity["key"] == nil)
  }

  @Test func `The type and the encoder choose unindexed properties, nested ones by path`()
    throws
  {
    let entity = try EntityEncoder(unindexedProperties: ["raw"]).encode(User())
    let unindexed = entity.properties.filter { !$0.value.isIndexed }.keys.sorted()
    #expect(unindexed == ["bio", "raw"])
    #expect(entity["home"]?.entityValue?.properties["note"]?.isIndexed == false)
    #expect(entity["home"]?.entityValue?.properties["street"]?.isIndexed == true)
    let other = entity["others"]?.arrayValue?.first?.entityValue
    #expect(other?.properties["note"] == .unindexed("x"))
  }

  @Test func `A nested DatastoreEntity keeps its key and its index rules`() throws {
    struct Team: DatastoreEntity {
      var key: Key = Team.key(name: "t")
      var lead: User
    }
    var lead = User()
    lead.key = User.key(id: 5)
    let entity = try EntityEncoder().encode(Team(lead: lead))
    #expect(entity.key == Key("Team", name: "t"))
    #expect(entity["lead"]?.entityValue?.key == Key("User", id: 5))
    #expect(entity["lead"]?.entityValue?.properties["bio"]?.isIndexed == false)
    #expect(try EntityDecoder().decode(Team.self, from: entity).lead == lead)
  }

  @Test func `A plain Codable type may have a property named key`() throws {
    struct Ring: Codable { var key: String }
    #expect(try encode(Ring(key: "brass"))["key"] == "brass")
    #expect(try EntityDecoder().decode(Ring.self, from: encode(Ring(key: "brass"))).key == "brass")
  }

  @Test func `NaN, infinities and negative zero survive`() throws {
    for number in [Double.infinity, -.infinity, -0.0, .leastNonzeroMagnitude] {
      let back = try EntityDecoder().decode(One<Double>.self, from: encode(One(value: number)))
      #expect(back.value.bitPattern == number.bitPattern)
      let float = try EntityDecoder().decode(
        One<Float>.self, from: encode(One(value: Float(number))))
      #expect(float.value == Float(number))
    }
    let double = try encode(One(value: Double.nan))
    #expect(try EntityDecoder().decode(One<Double>.self, from: double).value.isNaN)
    let float = try encode(One(value: Float.nan))
    #expect(try EntityDecoder().decode(One<Float>.self, from: float).value.isNaN)
  }

  @Test func `A number beyond Int64 is refused with its property`() throws {
    #expect(try encode(One(value: UInt64(Int64.max)))["value"] == .integer(.max))
    let error = #expect(throws: DatastoreError.self) {
      try encode(One(value: [UInt64(1), .max]))
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.key == key)
    #expect(error?.property == "value[1]")
    #expect(error?.message.contains("18446744073709551615") == true)
    #expect(throws: DatastoreError.self) { try encode(One(value: Int128.max)) }
  }

  @Test func `A Decimal is refused, with advice`() {
    let error = #expect(throws: DatastoreError.self) { try encode(One(value: Decimal(1))) }
    #expect(error?.property == "value")
    #expect(error?.message.contains("String") == true)
    #expect(throws: DatastoreError.self) { try decode(One<Decimal>.self, 1) }
  }

  @Test func `Only a struct or a dictionary can be an entity`() throws {
    #expect(try encode(["a": 1])["a"] == 1)
    for error in [
      #expect(throws: DatastoreError.self) { try encode("text") },
      #expect(throws: DatastoreError.self) { try encode([1]) },
      #expect(throws: DatastoreError.self) { try encode(key) },
      #expect(throws: DatastoreError.self) { try encode(TwoFaced()) },
    ] {
      #expect(error?.code == .invalidArgument)
      #expect(error?.key == key)
    }
  }

  @Test func `A class encodes its inherited properties below super`() throws {
    let object = Derived()
    object.base = 5
    let entity = try encode(object)
    #expect(entity["super"]?.entityValue?["base"] == 5)
    #expect(try EntityDecoder().decode(Derived.self, from: entity).base == 5)
  }

  @Test func `A missing property is nil for an optional, and an error with its path otherwise`()
    throws
  {
    var entity = try EntityEncoder().encode(User(key: User.key(id: 1)))
    entity["nickname"] = nil
    #expect(try EntityDecoder().decode(User.self, from: entity).nickname == nil)
    entity["home"] = .entity(Entity(nil, [:]))
    let error = #expect(throws: DatastoreError.self) {
      try EntityDecoder().decode(User.self, from: entity)
    }
    #expect(error?.code == .decodingFailed)
    #expect(error?.key == Key("User", id: 1))
    #expect(error?.property == "home.street")
    #expect(error?.cause is DecodingError)
  }

  @Test func `A value of another type is an error with both types`() {
    let error = #expect(throws: DatastoreError.self) { try decode(One<[Int]>.self, [1, "x"]) }
    #expect(error?.property == "value[1]")
    #expect(
      error?.message == """
        The entity cannot be read as One<Array<Int>>: Int needs an integer, but the value is a \
        string.
        """)
    #expect(throws: DatastoreError.self) { try decode(One<Bool>.self, 1) }
    #expect(throws: DatastoreError.self) { try decode(One<String>.self, 1) }
    #expect(throws: DatastoreError.self) { try decode(One<String>.self, .null) }
    #expect(throws: DatastoreError.self) { try decode(One<Date>.self, "2026") }
    #expect(throws: DatastoreError.self) { try decode(One<[UInt8]>.self, [1]) }
    #expect(throws: DatastoreError.self) { try decode(One<Key>.self, "k") }
    #expect(throws: DatastoreError.self) { try decode(One<GeoPoint>.self, 1) }
    #expect(throws: DatastoreError.self) { try decode(One<One<Int>>.self, 1) }
    #expect(throws: DatastoreError.self) { try decode(One<Role>.self, "nobody") }
    #expect(throws: DatastoreError.self) { try decode(One<Int>.self, 1.5) }
  }

  @Test func `A number that does not fit is an error, never a trap`() throws {
    let error = #expect(throws: DatastoreError.self) { try decode(One<Int8>.self, 128) }
    #expect(error?.property == "value")
    #expect(error?.message.contains("128") == true)
    #expect(throws: DatastoreError.self) { try decode(One<UInt>.self, -1) }
    #expect(throws: DatastoreError.self) { try decode(One<Float>.self, 1e300) }
    #expect(throws: DatastoreError.self) { try decode(One<Double>.self, .integer(.max)) }
    #expect(try decode(One<Double>.self, 3).value == 3)
  }

  @Test func `Decoding past the end of an array is an error, not a trap`() {
    struct Pair: Codable {
      init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        _ = try container.decode(Int.self)
        _ = try container.decode(Int.self)
      }
      func encode(to encoder: any Encoder) throws {}
    }
    let error = #expect(throws: DatastoreError.self) { try decode([String: Pair].self, [1]) }
    #expect(error?.property == "value[1]")
  }

  @Test func `An error of the type itself stays as the cause`() {
    struct Odd: Error {}
    struct Checked: Codable {
      init(from decoder: any Decoder) throws { throw Odd() }
      init() {}
      func encode(to encoder: any Encoder) throws { throw Odd() }
    }
    let encoding = #expect(throws: DatastoreError.self) { try encode(Checked()) }
    #expect(encoding?.cause is Odd)
    let decoding = #expect(throws: DatastoreError.self) { try decode(Checked.self, 1) }
    #expect(decoding?.cause is Odd)
  }
}

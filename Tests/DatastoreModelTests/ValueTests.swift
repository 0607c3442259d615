// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import FoundationEssentials
import Testing

@Suite struct ValueTests {
  @Test func `Literals make values and properties`() {
    let name = "Ann"
    let entity = Entity(
      Key("User", id: 1),
      [
        "name": "\(name) Lee", "age": 41, "height": 1.7, "admin": true, "tags": ["a", 2],
        "bio": .unindexed("long"), "none": .indexed(.null),
      ])
    #expect(entity["name"] == .string("Ann Lee"))
    #expect(entity["age"]?.integerValue == 41)
    #expect(entity["height"]?.doubleValue == 1.7)
    #expect(entity["admin"]?.booleanValue == true)
    #expect(entity["tags"]?.arrayValue == [.string("a"), .integer(2)])
    #expect(entity["none"]?.isNull == true)
    #expect(entity.properties["bio"]?.isIndexed == false)
    #expect(entity.properties["name"]?.isIndexed == true)
  }

  @Test func `An accessor of another type gives nil`() {
    let value: Value = 41
    #expect(value.stringValue == nil)
    #expect(value.doubleValue == nil)
    #expect(value.booleanValue == nil)
    #expect(value.bytesValue == nil)
    #expect(value.timestampValue == nil)
    #expect(value.keyValue == nil)
    #expect(value.geoPointValue == nil)
    #expect(value.arrayValue == nil)
    #expect(value.entityValue == nil)
    #expect(!value.isNull)
  }

  @Test func `Setting a property keeps whether it is indexed; setting nil removes it`() {
    var entity = Entity(Key("A", id: 1), ["a": .unindexed(1)])
    entity["a"] = 2
    entity["b"] = "x"
    #expect(entity.properties["a"] == .unindexed(2))
    #expect(entity.properties["b"] == .indexed("x"))
    entity["a"] = nil
    #expect(entity.properties.keys.sorted() == ["b"])
    entity["b"] = .null
    #expect(entity["b"] == .null)
  }

  @Test func `An entity prints its key and its properties by name`() {
    let entity = Entity(
      Key("A", id: 1), ["b": .unindexed([1, "x"]), "a": .indexed(.bytes([1, 2]))])
    #expect(entity.description == #"Key(A/1) {a: <2 bytes>, b: [1, "x"] (unindexed)}"#)
    #expect(Value.string(String(repeating: "x", count: 9_000)).description.count < 200)
    #expect(Value.array(Array(repeating: 1, count: 9_000)).description.count < 200)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"),
    (951_782_400_000_000, "2000-02-29T00:00:00Z"),
    (1_500_000, "1970-01-01T00:00:01.5Z"),
  ])
  func `A timestamp prints as RFC 3339`(microseconds: Int64, text: String) {
    #expect(Timestamp(microseconds: microseconds).description == text)
  }

  @Test func `Timestamps range from the year 1 to 9999, and no number traps`() {
    #expect(Timestamp.min.description == "0001-01-01T00:00:00Z")
    #expect(Timestamp.max.description == "9999-12-31T23:59:59.999999Z")
    #expect(Timestamp.min < Timestamp.max)
    for microseconds in [Int64.min, .max] {
      let time = Timestamp(microseconds: microseconds)
      #expect(!time.description.isEmpty)
      #expect(time.date.timeIntervalSince1970.isFinite)
    }
  }

  @Test func `A date is rounded to the nearest microsecond`() {
    for microseconds in [0, 1, -1, 1_795_000_000_123_457, -2_208_988_800_000_001] as [Int64] {
      let time = Timestamp(microseconds: microseconds)
      #expect(Timestamp(time.date) == time)
    }
    #expect(Timestamp(Date(timeIntervalSince1970: 1.5)).microseconds == 1_500_000)
  }

  @Test(arguments: [1e300, -1e300, .infinity, -.infinity, .nan])
  func `A date out of range becomes a time that cannot be stored`(seconds: Double) {
    let time = Timestamp(Date(timeIntervalSince1970: seconds))
    #expect(!(Timestamp.min...Timestamp.max).contains(time))
  }

  @Test func `An error prints code, key, property, message and cause in one line`() {
    let error = DatastoreError(
      .dataLoss, "Broken.", key: Key("A", id: 1), property: "p", cause: CancellationError())
    #expect(
      error.description
        == #"dataLoss: Key(A/1), property "p": Broken. [cause: CancellationError()]"#)
    #expect(DatastoreError(.internal, "Oh.").description == "internal: Oh.")
  }
}

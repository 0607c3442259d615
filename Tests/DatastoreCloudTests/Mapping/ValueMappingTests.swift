// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import ArrivalDatastore
  import FoundationEssentials
  import SwiftProtobuf
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  @Suite struct ValueMappingTests {
    private let format = WireFormat(project: "p", database: "")

    private static let values: [Value] = [
      .null, true, false, 0, .integer(.min), .integer(.max), 0.1, .double(-.infinity),
      .double(-0.0),
      "", "Zürich 🏔 東京", .bytes([]), .bytes([0, 0xFF]), .timestamp(.min), .timestamp(.max),
      .timestamp(Timestamp(microseconds: -1)), .timestamp(Timestamp(microseconds: 1_000_001)),
      .key(Key("A", id: -7, parent: Key("B", name: "b"), namespace: "n")),
      .key(Key(incomplete: "A")), .geoPoint(GeoPoint(latitude: -89.5, longitude: 179.25)),
      .array([]), [1, "a", .null], .entity(Entity()),
      .entity(
        Entity(Key("A", id: 1), ["x": .unindexed(1), "y": [.entity(Entity(nil, ["z": 2]))]])),
    ]

    @Test(arguments: values)
    func `A value survives serialization, indexed or not`(_ value: Value) throws {
      for isIndexed in [true, false] {
        let property = Entity.Property(value, isIndexed: isIndexed)
        let bytes: [UInt8] = try format.encode(property).serializedBytes()
        let found = try format.decode(property: Wire.Value(serializedBytes: bytes))
        // Nothing in an empty array could say that it is not indexed.
        let expected = value == .array([]) ? Entity.Property(value) : property
        #expect(found == expected)
        if case .double(let double) = value {
          #expect(found.value.doubleValue?.bitPattern == double.bitPattern)
        }
      }
    }

    @Test func `Not-a-number comes back`() throws {
      #expect(try format.decode(format.encode(.double(.nan))).doubleValue?.isNaN == true)
    }

    @Test func `Field numbers on the wire are those of the API`() throws {
      func hex(_ value: Value, isIndexed: Bool = true) throws -> String {
        let bytes: [UInt8] = try format.encode(value, isIndexed: isIndexed).serializedBytes()
        return bytes.map { byte in
          let digits = String(byte, radix: 16)
          return digits.count == 1 ? "0" + digits : digits
        }.joined()
      }
      #expect(try hex(.null) == "5800")
      #expect(try hex(true) == "0801")
      #expect(try hex(3) == "1003")
      #expect(try hex("a") == "8a010161")
      #expect(try hex("a", isIndexed: false) == "8a0101619801" + "01")
      #expect(try hex(.bytes([7])) == "92010107")
    }

    @Test
    func
      `A long text inside an entity that is not indexed says that it is not, for the service asks`()
      throws
    {
      let (long, short) = (String(repeating: "x", count: 1_501), "x")
      let inner = Entity(
        nil,
        [
          "short": .indexed(.string(short)), "long": .indexed(.string(long)),
          "bytes": .indexed(.bytes(Array(long.utf8))), "array": .indexed([.string(long)]),
          "deep": .indexed(.entity(Entity(nil, ["long": .indexed(.string(long))]))),
        ])
      func excluded(_ message: Wire.Value, _ path: String...) -> Bool {
        path.reduce(message) { message, name in
          message.entityValue.properties[name] ?? Wire.Value()
        }.excludeFromIndexes
      }
      let message = format.encode(.unindexed(.entity(inner)))
      #expect(message.excludeFromIndexes && excluded(message, "long") && excluded(message, "bytes"))
      #expect(excluded(message, "deep", "long"))
      let array = message.entityValue.properties["array"]?.arrayValue.values ?? []
      #expect(array.map(\.excludeFromIndexes) == [true])
      #expect(!excluded(message, "short") && !excluded(message, "deep"))
      let indexed = format.encode(.indexed(.entity(inner)))
      #expect(!excluded(indexed, "long") && !excluded(indexed, "deep", "long"))
    }

    @Test func `Two spellings of one name stay two properties, in bytes and in JSON`() throws {
      let inner = Entity(nil, ["caf\u{E9}": 1, "cafe\u{301}": 2])
      let entity = Entity(nil, ["\u{E9}": 1, "e\u{301}": .indexed(.entity(inner))])
      let message = format.encode(entity)
      #expect(message.properties.count == 2)
      let bytes = try Wire.Entity(serializedBytes: message.serializedBytes() as [UInt8])
      let json = try Wire.Entity(jsonString: message.jsonString())
      for read in [bytes, json] {
        let decoded = try format.decode(read)
        #expect(decoded == entity)
        #expect(decoded.properties.count == 2)
        #expect(decoded["e\u{301}"]?.entityValue?.properties.count == 2)
      }
    }

    @Test func `An unindexed array marks its elements and never itself`() {
      let message = format.encode(.unindexed([1, 2]))
      #expect(!message.excludeFromIndexes)
      #expect(message.arrayValue.values.map(\.excludeFromIndexes) == [true, true])
    }

    @Test func `An array with some indexed elements is read as indexed`() throws {
      var message = format.encode(.indexed([1, 2]))
      message.arrayValue.values[0].excludeFromIndexes = true
      #expect(try format.decode(property: message) == .indexed([1, 2]))
    }

    @Test(
      arguments: [
        (-1, -1, 999_999_000), (-1_000_000, -1, 0), (-1_000_001, -2, 999_999_000), (0, 0, 0),
        (1_999_999, 1, 999_999_000),
      ] as [(Int64, Int64, Int32)])
    func `Seconds are rounded down, and nanoseconds are never negative`(
      _ microseconds: Int64, _ seconds: Int64, _ nanos: Int32
    ) throws {
      let message = format.encode(Timestamp(microseconds: microseconds))
      #expect(message.seconds == seconds)
      #expect(message.nanos == nanos)
      #expect(try format.decode(message).microseconds == microseconds)
    }

    @Test
    func `Fractions of a microsecond are truncated, and a time out of range is refused`()
      throws
    {
      let fine = Google_Protobuf_Timestamp.with {
        $0.seconds = 1
        $0.nanos = 1_999
      }
      #expect(try format.decode(fine).microseconds == 1_000_001)
      #expect(throws: DatastoreError.self) {
        try format.decode(Google_Protobuf_Timestamp.with { $0.seconds = .max })
      }
    }

    @Test func `A value of an unknown type is refused with its path`() throws {
      let inner = Wire.Entity.with { $0.properties["in"] = Wire.Value() }
      let message = Wire.Entity.with {
        $0.key = format.encode(Key("A", id: 1))
        $0.properties["out"] = .with { $0.entityValue = inner }
      }
      let error = try #require(throws: DatastoreError.self) { try format.decode(message) }
      #expect(error.code == .dataLoss)
      #expect(error.property == "out.in")
      #expect(error.key == Key("A", id: 1))
    }
  }
#endif

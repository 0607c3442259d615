// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  internal import FoundationEssentials
  package import SwiftProtobuf

  extension WireFormat {
    /// The message of a property's value.
    ///
    /// The API forbids the mark "not indexed" on an array, so each element carries the mark.
    package func encode(_ property: Entity.Property) -> Wire.Value {
      encode(property.value, isIndexed: property.isIndexed)
    }

    /// The message of a value.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - isIndexed: Whether the property is indexed.
    ///   - isInsideUnindexed: Whether the value is part of an embedded entity that is not indexed.
    ///     The service then indexes nothing inside, but still demands the mark "not indexed" on
    ///     texts that are longer than an indexed text may be.
    package func encode(
      _ value: Value, isIndexed: Bool = true, isInsideUnindexed: Bool = false
    ) -> Wire.Value {
      var isExcluded = !isIndexed
      var message = Wire.Value()
      switch value {
      case .null: message.nullValue = .nullValue
      case .boolean(let value): message.booleanValue = value
      case .integer(let value): message.integerValue = value
      case .double(let value): message.doubleValue = value
      case .string(let value):
        message.stringValue = value
        if isInsideUnindexed, value.utf8.count > Limits.indexedValueBytes { isExcluded = true }
      case .bytes(let value):
        message.blobValue = Data(value)
        if isInsideUnindexed, value.count > Limits.indexedValueBytes { isExcluded = true }
      case .timestamp(let value): message.timestampValue = encode(value)
      case .key(let value): message.keyValue = encode(value)
      case .geoPoint(let value):
        message.geoPointValue = .with {
          $0.latitude = value.latitude
          $0.longitude = value.longitude
        }
      case .entity(let value):
        message.entityValue = encode(value, isInsideUnindexed: isInsideUnindexed || !isIndexed)
      case .array(let values):
        message.arrayValue = .with {
          $0.values = values.map {
            encode($0, isIndexed: isIndexed, isInsideUnindexed: isInsideUnindexed)
          }
        }
        return message
      }
      message.excludeFromIndexes = isExcluded
      return message
    }

    /// The message of an entity. Only embedded entities have no key.
    package func encode(_ entity: Entity, isInsideUnindexed: Bool = false) -> Wire.Entity {
      var message = Wire.Entity()
      if let key = entity.key { message.key = encode(key) }
      message.properties.reserveCapacity(entity.properties.count)
      for (name, property) in entity.properties {
        var value = encode(
          property.value, isIndexed: property.isIndexed, isInsideUnindexed: isInsideUnindexed)
        if property.meaning != 0 { Self.set(property.meaning, of: &value) }
        message.properties[name] = value
      }
      return message
    }

    /// What an array of numbers has that is a vector. Its elements have no meaning.
    private static let isVector: Int32 = 31

    /// Marks a value, or each element of an array, as NDB and Google's client do.
    private static func set(_ meaning: Int32, of message: inout Wire.Value) {
      guard meaning != isVector, case .arrayValue? = message.valueType else {
        message.meaning = meaning
        return
      }
      for index in message.arrayValue.values.indices {
        message.arrayValue.values[index].meaning = meaning
      }
    }

    /// What a projection gives each value: that it was read from an index. Nothing of it is stored.
    private static let isIndexValue: Int32 = 18

    /// The meaning of a value, or the one that all elements of an array have.
    private static func meaning(of message: Wire.Value) -> Int32 {
      if message.meaning == isIndexValue { return 0 }
      guard message.meaning == 0, case .arrayValue(let array)? = message.valueType,
        let first = array.values.first?.meaning, first != 0,
        array.values.allSatisfy({ $0.meaning == first })
      else { return message.meaning }
      return first
    }

    /// The message of a point in time. Seconds are rounded down, because the format demands a
    /// non-negative fraction also before 1970.
    package func encode(_ timestamp: Timestamp) -> Google_Protobuf_Timestamp {
      let (seconds, rest) = timestamp.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
      return rest < 0
        ? .with {
          $0.seconds = seconds - 1
          $0.nanos = Int32(rest + 1_000_000) * 1_000
        }
        : .with {
          $0.seconds = seconds
          $0.nanos = Int32(rest) * 1_000
        }
    }

    /// The property of a message. An array is unindexed if all of its elements are unindexed.
    package func decode(property message: Wire.Value) throws(DatastoreError) -> Entity.Property {
      // Fast path: most properties are strings.
      if case .stringValue(let text)? = message.valueType {
        var property = Entity.Property(.string(text), isIndexed: !message.excludeFromIndexes)
        property.meaning = Self.meaning(of: message)
        return property
      }
      var property = Entity.Property(
        try decode(message), isIndexed: !message.excludeFromIndexes)
      property.meaning = Self.meaning(of: message)
      if case .arrayValue(let array)? = message.valueType {
        if sender == .client { try checkMarks(of: array, message) }
        if !array.values.isEmpty {
          property.isIndexed = !array.values.allSatisfy(\.excludeFromIndexes)
        }
      }
      return property
    }

    /// Refuses marks of arrays that the API forbids, or that would be lost.
    private func checkMarks(
      of array: Google_Datastore_V1_ArrayValue, _ message: Wire.Value
    ) throws(DatastoreError) {
      if message.excludeFromIndexes {
        throw unreadable(
          """
          exclude_from_indexes cannot be set on an array value. Set it on each value of the array.
          """)
      }
      guard let isExcluded = array.values.first?.excludeFromIndexes,
        array.values.contains(where: { $0.excludeFromIndexes != isExcluded })
      else { return }
      throw unreadable(
        """
        Some values of an array set exclude_from_indexes and others do not, which this server \
        cannot store. Set it on all of them or on none.
        """)
    }

    /// The value of a message.
    ///
    /// - Throws: `DatastoreError` with the code `dataLoss` for a value of an unknown type, an
    ///   invalid key, or a time that `Timestamp` cannot represent.
    package func decode(_ message: Wire.Value) throws(DatastoreError) -> Value {
      switch message.valueType {
      case .nullValue?: return .null
      case .booleanValue(let value)?: return .boolean(value)
      case .integerValue(let value)?: return .integer(value)
      case .doubleValue(let value)?: return .double(value)
      case .stringValue(let value)?: return .string(value)
      case .blobValue(let value)?: return .bytes([UInt8](value))
      case .timestampValue(let value)?: return .timestamp(try decode(value))
      case .keyValue(let value)?: return .key(try decode(value))
      case .geoPointValue(let value)?:
        return .geoPoint(GeoPoint(latitude: value.latitude, longitude: value.longitude))
      case .entityValue(let value)?: return .entity(try decode(value))
      case .arrayValue(let value)?:
        var values: [Value] = []
        values.reserveCapacity(value.values.count)
        for element in value.values { values.append(try decode(element)) }
        return .array(values)
      case nil:
        throw unreadable(
          """
          \(subject) a value without a type, or of a type that this version of Arrival does not \
          know.
          """
        )
      }
    }

    /// The entity of a message.
    ///
    /// - Throws: `DatastoreError` with the code `dataLoss`, the entity's key and the property's
    ///   path.
    package func decode(_ message: Wire.Entity) throws(DatastoreError) -> Entity {
      try decode(message, message.hasKey ? try decode(message.key) : nil)
    }

    /// The entity of a message whose key is already decoded.
    package func decode(_ message: Wire.Entity, _ key: Key?) throws(DatastoreError) -> Entity {
      var entity = Entity()
      entity.key = key
      do {
        entity.properties.reserveCapacity(message.properties.count)
        for (name, value) in message.properties {
          entity.properties[name.text] = try decode(property: value)
        }
        return entity
      } catch {
        throw failure(of: message, key)
      }
    }

    /// The error of an entity that cannot be read, with the path of the offending property.
    private func failure(of message: Wire.Entity, _ key: Key?) -> DatastoreError {
      for (name, value) in message.properties {
        do throws(DatastoreError) {
          _ = try decode(property: value)
        } catch {
          var error = error
          error.key = key ?? error.key
          error.property = error.property.map { "\(name).\($0)" } ?? name.text
          return error
        }
      }
      return unreadable("\(subject) an entity that cannot be read.", key: key)
    }

    /// The time of a message, truncated to microseconds.
    package func decode(_ message: Google_Protobuf_Timestamp) throws(DatastoreError) -> Timestamp {
      if sender == .client {
        guard 0..<1_000_000_000 ~= message.nanos,
          -62_135_596_800...253_402_300_799 ~= message.seconds
        else {
          throw unreadable(
            """
            The request has a timestamp of \(message.seconds) seconds and \(message.nanos) nanos. \
            Timestamps are in the years 1 to 9999 and have 0 to 999,999,999 nanos.
            """)
        }
      }
      let (whole, overflow) = message.seconds.multipliedReportingOverflow(by: 1_000_000)
      let (sum, overflows) = whole.addingReportingOverflow(Int64(message.nanos) / 1_000)
      guard !overflow, !overflows else {
        throw unreadable(
          "\(subject) the time \(message.seconds) s after 1970, which is out of range.")
      }
      return Timestamp(microseconds: sum)
    }
  }
#endif

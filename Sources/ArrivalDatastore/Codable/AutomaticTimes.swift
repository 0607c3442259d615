// SPDX-License-Identifier: Apache-2.0
/// A property that gets the present time whenever the entity is written, as NDB's `auto_now`.
///
/// ```swift
/// struct Note: DatastoreEntity {
///   var key = Note.newKey()
///   var text: String
///   @AutoNow var updated
///   @AutoNowAdd var created
/// }
/// ```
///
/// The time is that of the program, when it encodes the entity. The value in the program does not
/// change: read the entity to see the stored one. ``Entity/updateTime`` is the time of the commit
/// and needs no property. The transform `setToServerTime` stores that time in a property.
@propertyWrapper
public struct AutoNow: Codable, Sendable, Hashable {
  /// The time that was read. `nil` before the entity was written.
  public var wrappedValue: Timestamp?

  /// Makes the property without a time.
  public init() { wrappedValue = nil }

  /// Makes the property with a time.
  public init(wrappedValue: Timestamp?) { self.wrappedValue = wrappedValue }

  /// Reads the stored time, or null.
  public init(from decoder: any Decoder) throws {
    wrappedValue = try decoder.singleValueContainer().optionalTime()
  }

  /// Writes the present time.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Timestamp.now)
  }
}

/// A property that gets the present time when it has none, as NDB's `auto_now_add`.
///
/// Otherwise it is like ``AutoNow``. A value that was put without being read again has no time and
/// would get another one with the next put.
@propertyWrapper
public struct AutoNowAdd: Codable, Sendable, Hashable {
  /// The time that was read or set. `nil` for the time of the next write.
  public var wrappedValue: Timestamp?

  /// Makes the property without a time.
  public init() { wrappedValue = nil }

  /// Makes the property with a time.
  public init(wrappedValue: Timestamp?) { self.wrappedValue = wrappedValue }

  /// Reads the stored time, or null.
  public init(from decoder: any Decoder) throws {
    wrappedValue = try decoder.singleValueContainer().optionalTime()
  }

  /// Writes the time, or the present one.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue ?? Timestamp.now)
  }
}

extension SingleValueDecodingContainer {
  fileprivate func optionalTime() throws -> Timestamp? {
    decodeNil() ? nil : try decode(Timestamp.self)
  }
}

// The compiler calls these in the initialisers that it makes, so that older entities may lack the
// properties.
extension KeyedDecodingContainer {
  /// The time, without one if the property is missing.
  public func decode(_ type: AutoNow.Type, forKey key: Key) throws -> AutoNow {
    try decodeIfPresent(type, forKey: key) ?? AutoNow()
  }

  /// The time, without one if the property is missing.
  public func decode(_ type: AutoNowAdd.Type, forKey key: Key) throws -> AutoNowAdd {
    try decodeIfPresent(type, forKey: key) ?? AutoNowAdd()
  }
}

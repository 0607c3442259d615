// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

/// A simple version of the Datastore's order of values, without encodings and without regard to
/// speed.
enum ReferenceOrder {
  static func precedes(_ a: Value, _ b: Value) -> Bool { compare(a, b) < 0 }

  static func equal(_ a: Value, _ b: Value) -> Bool { compare(a, b) == 0 }

  /// Negative, zero or positive.
  static func compare(_ a: Value, _ b: Value) -> Int {
    if rank(a) != rank(b) { return rank(a) - rank(b) }
    switch (a, b) {
    case (.boolean(let a), .boolean(let b)): return a == b ? 0 : (a ? 1 : -1)
    case (.double(let a), .double(let b)): return compare(a, b)
    case (.geoPoint(let a), .geoPoint(let b)):
      let latitudes = compare(a.latitude, b.latitude)
      return latitudes != 0 ? latitudes : compare(a.longitude, b.longitude)
    case (.key(let a), .key(let b)): return compare(a, b)
    default:
      if let a = fixedPoint(a), let b = fixedPoint(b) { return order(a, b) }
      if let a = text(a), let b = text(b) { return compare(a, b) }
      return 0
    }
  }

  private static func rank(_ value: Value) -> Int {
    switch value {
    case .null: 0
    case .integer, .timestamp: 1
    case .boolean: 2
    case .string, .bytes: 3
    case .double: 4
    case .geoPoint: 5
    case .key: 6
    case .array, .entity: 7
    }
  }

  private static func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : (a > b ? 1 : 0) }

  private static func fixedPoint(_ value: Value) -> Int64? {
    value.integerValue ?? value.timestampValue?.microseconds
  }

  private static func text(_ value: Value) -> [UInt8]? {
    value.bytesValue ?? value.stringValue.map { Array($0.utf8) }
  }

  private static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
    a.lexicographicallyPrecedes(b) ? -1 : (b.lexicographicallyPrecedes(a) ? 1 : 0)
  }

  private static func compare(_ a: Double, _ b: Double) -> Int {
    if a.isNaN || b.isNaN { return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0) }
    return order(a, b)
  }

  /// Compares namespaces, then steps by kind, with numbers before names. A parent comes before its
  /// children.
  static func compare(_ a: Key, _ b: Key) -> Int {
    let namespaces = compare(Array(a.namespace.utf8), Array(b.namespace.utf8))
    if namespaces != 0 { return namespaces }
    for (a, b) in zip(a.path, b.path) {
      let kinds = compare(Array(a.kind.utf8), Array(b.kind.utf8))
      if kinds != 0 { return kinds }
      let identifiers = compare(a.identifier, b.identifier)
      if identifiers != 0 { return identifiers }
    }
    return a.path.count - b.path.count
  }

  private static func compare(_ a: Key.Identifier?, _ b: Key.Identifier?) -> Int {
    switch (a, b) {
    case (.id(let a), .id(let b)): order(a, b)
    case (.name(let a), .name(let b)): compare(Array(a.utf8), Array(b.utf8))
    case (.id, .name): -1
    case (.name, .id): 1
    case (nil, nil): 0
    case (nil, _): -1
    case (_, nil): 1
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel
internal import FoundationEssentials

/// Notes the properties that a type reads, and gives one of them the high value.
///
/// Paths are those of masks: see ``PropertyPath``. One thread uses it during one decoding. It does
/// not outlive the decoding.
final class Sampler {
  /// The paths of all values read, in order.
  private(set) var names: [String] = []
  /// What the type is made of.
  private(set) var shape = SampledShape()
  private let high: String?
  private let outer: (sampler: Sampler, path: String)?

  init(high: String? = nil) {
    self.high = high
    outer = nil
  }

  /// Makes a sampler for the elements of an array.
  init(elementsOf path: String, in outer: Sampler) {
    high = nil
    self.outer = (outer, path)
  }

  func isHigh(_ path: String) -> Bool {
    if !names.containsExactly(path) { names.append(path) }
    return high.map { identicalText(path, $0) } ?? false
  }

  func noteStructure(_ path: String) {
    shape.structures.insert(ExactText(path))
    if let outer { outer.sampler.noteOpenEnd(outer.path) }
  }

  func noteOpenEnd(_ path: String) { shape.openEnds.insert(ExactText(path)) }

  func noteUnindexed(_ names: Set<String>, in path: String) {
    let prefix = path.isEmpty ? "" : "\(PropertyNaming.queryName(path))."
    for name in names { shape.unindexed.insert(ExactText(prefix + name)) }
  }
}

/// What a type is made of, as its decoding from sample values shows it.
struct SampledShape {
  /// The paths of nested structures.
  var structures: Set<ExactText> = []
  /// The paths of dictionaries, and of arrays of structures, whose parts have unknown names.
  var openEnds: Set<ExactText> = []
  /// The names, as queries have them, of properties that the types of nested structures leave out
  /// of the indexes.
  var unindexed: Set<ExactText> = []

  mutating func formUnion(_ other: SampledShape) {
    structures.formUnion(other.structures)
    openEnds.formUnion(other.openEnds)
    unindexed.formUnion(other.unindexed)
  }
}

/// Decodes sample values: one high value, and low ones otherwise.
struct SampleDecoder: Decoder {
  /// A type may contain itself in an optional, which is `nil` from this depth on.
  static let maxDepth = 8

  let sampler: Sampler
  let path: String
  var depth = 0

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    sampler.noteStructure(path)
    return KeyedDecodingContainer(KeyedSamples(decoder: self))
  }
  func unkeyedContainer() -> any UnkeyedDecodingContainer {
    // An array is low when it is empty, and high with one element.
    UnkeyedSamples(decoder: self, count: sampler.isHigh(path) ? 1 : 0)
  }
  func singleValueContainer() -> any SingleValueDecodingContainer { SingleSample(decoder: self) }

  func inside(_ key: any CodingKey) -> SampleDecoder {
    let name = PropertyPath.escaped(key.stringValue)
    return SampleDecoder(
      sampler: sampler, path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1)
  }

  func choose<T>(_ low: T, _ high: T) -> T { sampler.isHigh(path) ? high : low }

  func read<T: Decodable>(_ type: T.Type) throws -> T {
    if let value = native(type) { return value as! T }
    if let cases = type as? any CaseIterable.Type, let value = Self.cases(cases, choose(0, 1)) {
      return value as! T
    }
    if let value = EnumCases.number(choose(0, 1), of: type) { return value }
    if let structure = type as? any DatastoreStructure.Type {
      sampler.noteUnindexed(structure.unindexedProperties, in: path)
    }
    return try T(from: self)
  }

  /// A value of a type that the Datastore has, or that is decoded from a string in a certain form.
  private func native<T>(_ type: T.Type) -> Any? {
    switch type {
    case is String.Type: choose("a", "b")
    case is Date.Type: choose(Timestamp(microseconds: 0), Timestamp(microseconds: 1_000_000)).date
    case is Timestamp.Type: choose(Timestamp(microseconds: 0), Timestamp(microseconds: 1))
    case is Key.Type: choose(Key("K", id: 1), Key("K", id: 2))
    case is [UInt8].Type: choose([], [1]) as [UInt8]
    case is Data.Type: Data(choose([], [1]))
    case is GeoPoint.Type:
      choose(GeoPoint(latitude: 0, longitude: 0), GeoPoint(latitude: 1, longitude: 0))
    case is MarkedBytes.Type: MarkedBytes(choose([], [1]), meaning: 0)
    case is URL.Type: URL(string: choose("http://a", "http://b"))
    case is UUID.Type:
      UUID(uuidString: "00000000-0000-0000-0000-00000000000\(choose("1", "2"))")
    default: nil
    }
  }

  /// The case at an index, or the last case if there are fewer.
  private static func cases<T: CaseIterable>(_ type: T.Type, _ place: Int) -> Any? {
    let cases = Array(type.allCases)
    return cases.isEmpty ? nil : cases[min(place, cases.count - 1)]
  }
}

private struct KeyedSamples<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: SampleDecoder

  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] {
    // Only a dictionary does not know its keys.
    decoder.sampler.noteOpenEnd(decoder.path)
    return []
  }
  func contains(_ key: Key) -> Bool { true }
  func decodeNil(forKey key: Key) -> Bool { decoder.depth >= SampleDecoder.maxDepth }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try decoder.inside(key).read(type)
  }
  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    if decodeNil(forKey: key) { return nil }
    // A value that its type refuses counts as missing, so that the other properties are found.
    return try? decode(type, forKey: key)
  }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedDecodingContainer<Nested> {
    decoder.inside(key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
    decoder.inside(key).unkeyedContainer()
  }
  func superDecoder() -> any Decoder { decoder.inside(StepKey.super) }
  func superDecoder(forKey key: Key) -> any Decoder { decoder.inside(key) }
}

private struct UnkeyedSamples: UnkeyedDecodingContainer {
  let decoder: SampleDecoder
  let count: Int?
  private(set) var currentIndex = 0

  init(decoder: SampleDecoder, count: Int) {
    // The elements of an array are not distinguished.
    self.decoder = SampleDecoder(
      sampler: Sampler(elementsOf: decoder.path, in: decoder.sampler), path: "",
      depth: decoder.depth + 1)
    self.count = count
  }

  var codingPath: [any CodingKey] { [] }
  var isAtEnd: Bool { currentIndex >= count ?? 0 }
  func decodeNil() -> Bool { false }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    currentIndex += 1
    return try decoder.read(type)
  }
  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedDecodingContainer<Nested> {
    currentIndex += 1
    return decoder.container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
    currentIndex += 1
    return decoder.unkeyedContainer()
  }
  mutating func superDecoder() -> any Decoder {
    currentIndex += 1
    return decoder
  }
}

private struct SingleSample: SingleValueDecodingContainer {
  let decoder: SampleDecoder

  var codingPath: [any CodingKey] { [] }
  func decodeNil() -> Bool { decoder.depth >= SampleDecoder.maxDepth }
  func decode(_: Bool.Type) -> Bool { decoder.choose(false, true) }
  func decode(_: String.Type) -> String { decoder.choose("a", "b") }
  func decode(_: Double.Type) -> Double { decoder.choose(1, 2) }
  func decode(_: Float.Type) -> Float { decoder.choose(1, 2) }
  func decode(_: Int.Type) -> Int { decoder.choose(1, 2) }
  func decode(_: Int8.Type) -> Int8 { decoder.choose(1, 2) }
  func decode(_: Int16.Type) -> Int16 { decoder.choose(1, 2) }
  func decode(_: Int32.Type) -> Int32 { decoder.choose(1, 2) }
  func decode(_: Int64.Type) -> Int64 { decoder.choose(1, 2) }
  func decode(_: UInt.Type) -> UInt { decoder.choose(1, 2) }
  func decode(_: UInt8.Type) -> UInt8 { decoder.choose(1, 2) }
  func decode(_: UInt16.Type) -> UInt16 { decoder.choose(1, 2) }
  func decode(_: UInt32.Type) -> UInt32 { decoder.choose(1, 2) }
  func decode(_: UInt64.Type) -> UInt64 { decoder.choose(1, 2) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.read(type) }
}

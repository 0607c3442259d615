// SPDX-License-Identifier: Apache-2.0
/// Finds the stored name of a key path from where its property lies in memory.
///
/// No value of the type is needed, so it works for types that accept few values, such as one that
/// checks an address. It knows only stored properties of structures, and assumes that the coding
/// key of a property has its name, as the compiler makes it: `case fullName = "name"` for
/// `fullName`.
enum StoredLayout {
  /// The path of the property, as masks have it.
  static func name<Root: Decodable, Value>(of keyPath: KeyPath<Root, Value>) -> String? {
    guard let offset = MemoryLayout<Root>.offset(of: keyPath) else { return nil }
    return name(in: Root.self, at: offset, of: Value.self)
  }

  /// The stored properties of a structure with their stored names, as far as queries find them.
  ///
  /// - Parameter declared: the key paths whose names are known. Their properties are left out.
  static func names<Root: Decodable>(
    of type: Root.Type, except declared: [PartialKeyPath<Root>: String]
  ) -> [(property: String, stored: String?)] {
    let known = Set(declared.keys.compactMap { MemoryLayout<Root>.offset(of: $0) })
    return storedFields(of: type).filter { !known.contains($0.offset) }.compactMap { field in
      if let stored = CodingKeyFinder.name(of: field.name, in: type) { return (field.name, stored) }
      // A property wrapper stores `_x` for `x`, and key paths of `x` have no place in memory.
      guard field.name.hasPrefix("_") else { return (field.name, nil) }
      let property = String(field.name.dropFirst())
      let stored = CodingKeyFinder.name(of: property, in: type)
      if declared.values.contains(where: { $0 == stored }) { return nil }
      return (stored == nil ? field.name : property, nil)
    }
  }

  /// Steps into nested structures until the property at the offset has the type.
  private static func name(in type: any Decodable.Type, at offset: Int, of value: Any.Type)
    -> String?
  {
    let fields = storedFields(of: type)
    let direct = fields.filter { $0.offset == offset && $0.type == value }
    if direct.count == 1 {
      return CodingKeyFinder.name(of: direct[0].name, in: type).map(PropertyPath.escaped)
    }
    // Properties that take no memory may lie at any offset.
    guard direct.isEmpty, let outer = fields.last(where: { $0.offset <= offset && !$0.isEmpty }),
      let inner = outer.type as? any Decodable.Type,
      let key = CodingKeyFinder.name(of: outer.name, in: type),
      let rest = name(in: inner, at: offset - outer.offset, of: value)
    else { return nil }
    return "\(PropertyPath.escaped(key)).\(rest)"
  }

  private struct Field {
    var name: String
    var type: Any.Type
    var offset: Int
    /// Whether it takes no memory.
    var isEmpty: Bool
  }

  private static func storedFields(of type: Any.Type) -> [Field] {
    (0..<reflectedCount(type)).compactMap { index in
      var about = ReflectedField()
      let fieldType = reflectedField(type, index: index, about: &about)
      defer { about.free?(about.name) }
      guard let name = about.name else { return nil }
      return Field(
        name: String(cString: name), type: fieldType, offset: reflectedOffset(type, index: index),
        isEmpty: size(of: fieldType) == 0)
    }
  }

  private static func size(of type: Any.Type) -> Int {
    func size<T>(_: T.Type) -> Int { MemoryLayout<T>.size }
    return _openExistential(type, do: size)
  }
}

// MARK: Coding keys

/// Learns the coding keys of a type: decodes it, notes the keys it asks by, and stops.
private struct CodingKeyFinder: Decoder {
  private final class Answer { var name: String? }
  private struct Found: Error {}

  private let property: String
  private let answer = Answer()

  /// The stored name of a property, if the type has a coding key for it.
  static func name(of property: String, in type: any Decodable.Type) -> String? {
    let finder = CodingKeyFinder(property: property)
    _ = try? type.init(from: finder)
    return finder.answer.name
  }

  private init(property: String) { self.property = property }

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    answer.name = EnumCases.named(property, of: type)?.stringValue
    throw Found()
  }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Found() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Found() }
}

// MARK: Enumerations

/// Cases of enumerations that do not list them.
enum EnumCases {
  /// The first or the second case of an enumeration with raw values; `nil` for other types.
  ///
  /// Cases without associated values are the numbers from zero, and an enumeration that takes a
  /// byte or two has at least two. One that takes none has one.
  static func number<T>(_ number: Int, of type: T.Type) -> T? {
    guard type is any RawRepresentable.Type, isPlain(type) else { return nil }
    return make(UInt16(number), of: type)
  }

  /// The case with this name; of other types than enumerations, the value of this string.
  static func named<Key: CodingKey>(_ name: String, of type: Key.Type) -> Key? {
    guard isPlain(type) else { return Key(stringValue: name) }
    // Key(stringValue:) takes the stored name. It tells whether a number is a case, too.
    guard let direct = Key(stringValue: name), caseName(direct) == name else {
      return all(of: type).first { caseName($0) == name }
    }
    return direct
  }

  private static func all<Key: CodingKey>(of type: Key.Type) -> [Key] {
    (0..<caseCount(type)).map { make(UInt16($0), of: type) }
  }

  private static func caseName<T>(_ value: T) -> String? {
    reflectedCaseName(value).map { String(cString: $0) }
  }

  /// Whether the type is an enumeration without associated values.
  private static func isPlain<T>(_ type: T.Type) -> Bool {
    MemoryLayout<T>.size <= 2 && metadata(type)[0] == enumerationKind
      && descriptor(type).load(fromByteOffset: 20, as: UInt32.self) & 0xFF_FFFF == 0
  }

  private static func caseCount<T>(_ type: T.Type) -> Int {
    Int(descriptor(type).load(fromByteOffset: 24, as: UInt32.self))
  }

  private static func make<T>(_ number: UInt16, of type: T.Type) -> T {
    withUnsafeBytes(of: number.littleEndian) { bytes in
      bytes.baseAddress!.assumingMemoryBound(to: type).pointee
    }
  }

  // The layout is part of Swift's ABI: docs/ABI/TypeMetadata.rst, "Enum Metadata" and "Enum
  // Descriptors". The descriptor has the number of cases with associated values at byte 20, and of
  // the others at byte 24.
  private static let enumerationKind = 0x201

  private static func metadata<T>(_ type: T.Type) -> UnsafePointer<Int> {
    unsafeBitCast(type, to: UnsafePointer<Int>.self)
  }

  private static func descriptor<T>(_ type: T.Type) -> UnsafeRawPointer {
    UnsafeRawPointer(bitPattern: metadata(type)[1])!
  }
}

// MARK: What the standard library's mirrors use

private struct ReflectedField {
  var name: UnsafePointer<CChar>?
  var free: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
  var isStrong = false
  var isVariable = false
}

@_silgen_name("swift_reflectionMirror_recursiveCount")
private func reflectedCount(_: Any.Type) -> Int

@_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
private func reflectedField(
  _: Any.Type, index: Int, about: UnsafeMutablePointer<ReflectedField>
) -> Any.Type

@_silgen_name("swift_reflectionMirror_recursiveChildOffset")
private func reflectedOffset(_: Any.Type, index: Int) -> Int

@_silgen_name("swift_EnumCaseName")
private func reflectedCaseName<T>(_ value: T) -> UnsafePointer<CChar>?

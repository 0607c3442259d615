// SPDX-License-Identifier: Apache-2.0
/// Why a record of a managed export is not an entity that can be stored.
package struct ExportProblem: Error, Sendable, Hashable {
  package var message: String

  static let malformed = ExportProblem(
    message: "the record is not an entity of a managed export")
}

/// A message in the encoding of Protocol Buffers, as a list of fields. Groups are nested messages.
struct ProtoMessage {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
    case group(ProtoMessage)
  }

  private static let maxDepth = 60

  private(set) var fields: [(number: Int, value: Value)] = []

  init(_ bytes: ArraySlice<UInt8>) throws(ExportProblem) {
    var rest = bytes
    try read(&rest, group: nil, depth: 0)
  }

  private init() {}

  private mutating func read(
    _ rest: inout ArraySlice<UInt8>, group: Int?, depth: Int
  ) throws(ExportProblem) {
    guard depth < Self.maxDepth else { throw ExportProblem.malformed }
    while !rest.isEmpty {
      let tag = try Self.varint(&rest)
      let number = Int(truncatingIfNeeded: tag >> 3)
      guard number > 0 else { throw ExportProblem.malformed }
      switch tag & 7 {
      case 0: fields.append((number, .varint(try Self.varint(&rest))))
      case 1: fields.append((number, .fixed64(try Self.fixed(8, &rest))))
      case 2:
        let count = try Self.varint(&rest)
        guard count <= UInt64(rest.count) else { throw ExportProblem.malformed }
        fields.append((number, .bytes(rest.prefix(Int(count)))))
        rest = rest.dropFirst(Int(count))
      case 3:
        var message = ProtoMessage()
        try message.read(&rest, group: number, depth: depth + 1)
        fields.append((number, .group(message)))
      case 4:
        guard number == group else { throw ExportProblem.malformed }
        return
      case 5: fields.append((number, .fixed32(UInt32(try Self.fixed(4, &rest)))))
      default: throw ExportProblem.malformed
      }
    }
    if group != nil { throw ExportProblem.malformed }
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws(ExportProblem) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst(), shift < 64 {
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw ExportProblem.malformed
  }

  private static func fixed(
    _ count: Int, _ rest: inout ArraySlice<UInt8>
  ) throws(ExportProblem) -> UInt64 {
    guard rest.count >= count else { throw ExportProblem.malformed }
    let value = rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(count)
    return value
  }

  // MARK: Fields

  /// The messages of a field, whether they are groups or have a length.
  func messages(_ number: Int) throws(ExportProblem) -> [ProtoMessage] {
    var messages: [ProtoMessage] = []
    for field in fields where field.number == number {
      switch field.value {
      case .group(let message): messages.append(message)
      case .bytes(let bytes): messages.append(try ProtoMessage(bytes))
      case .varint, .fixed64, .fixed32: throw ExportProblem.malformed
      }
    }
    return messages
  }

  func integer(_ number: Int) -> Int64? {
    for case (number, .varint(let value)) in fields.reversed() {
      return Int64(bitPattern: value)
    }
    return nil
  }

  func double(_ number: Int) -> Double? {
    for case (number, .fixed64(let bits)) in fields.reversed() { return Double(bitPattern: bits) }
    return nil
  }

  func bytes(_ number: Int) -> ArraySlice<UInt8>? {
    for case (number, .bytes(let bytes)) in fields.reversed() { return bytes }
    return nil
  }

  /// The text of a field; `nil` if there is none.
  func text(_ number: Int) throws(ExportProblem) -> String? {
    guard let bytes = bytes(number) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw ExportProblem.malformed }
    return text
  }
}

// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import GRPCCore

  /// The fields of a small message of gRPC's own services, for which no code is generated.
  struct WireFields: Sendable {
    /// A field's value: a number, or bytes.
    enum Value: Sendable, Hashable {
      case number(UInt64)
      case bytes([UInt8])
    }

    private(set) var fields: [(number: Int, value: Value)] = []

    init() {}

    /// Reads a message; `nil` if it is damaged.
    init?(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        guard let tag = Self.varint(&rest) else { return nil }
        let number = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0:
          guard let value = Self.varint(&rest) else { return nil }
          fields.append((number, .number(value)))
        case 2:
          guard let length = Self.varint(&rest), length <= rest.count else { return nil }
          fields.append((number, .bytes(Array(rest.prefix(Int(length))))))
          rest = rest.dropFirst(Int(length))
        default: return nil
        }
      }
    }

    /// The last text of a field; `nil` without one.
    func text(_ number: Int) -> String? {
      for field in fields.reversed() where field.number == number {
        if case .bytes(let bytes) = field.value { return String(decoding: bytes, as: UTF8.self) }
      }
      return nil
    }

    mutating func add(_ number: Int, _ value: UInt64) { fields.append((number, .number(value))) }
    mutating func add(_ number: Int, _ bytes: [UInt8]) { fields.append((number, .bytes(bytes))) }
    mutating func add(_ number: Int, _ text: String) { add(number, Array(text.utf8)) }
    mutating func add(_ number: Int, _ message: WireFields) { add(number, message.bytes) }

    /// The message as it is sent.
    var bytes: [UInt8] {
      var bytes: [UInt8] = []
      for (number, value) in fields {
        switch value {
        case .number(let value):
          Self.append(UInt64(number << 3), to: &bytes)
          Self.append(value, to: &bytes)
        case .bytes(let value):
          Self.append(UInt64(number << 3 | 2), to: &bytes)
          Self.append(UInt64(value.count), to: &bytes)
          bytes += value
        }
      }
      return bytes
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: 0, to: 64, by: 7) {
        guard let byte = bytes.popFirst() else { return nil }
        value |= UInt64(byte & 0x7F) << UInt64(shift)
        if byte < 0x80 { return value }
      }
      return nil
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
      var value = value
      while value >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
        value >>= 7
      }
      bytes.append(UInt8(value))
    }
  }

  struct WireFieldsDeserializer: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> WireFields {
      guard let fields = WireFields(bytes.withUnsafeBytes { Array($0) }) else {
        throw RPCError(code: .invalidArgument, message: "The request is damaged.")
      }
      return fields
    }
  }

  struct WireFieldsSerializer: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: WireFields) throws -> Bytes {
      Bytes(message.bytes)
    }
  }
#endif

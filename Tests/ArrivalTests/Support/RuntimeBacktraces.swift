// SPDX-License-Identifier: Apache-2.0
#if os(Linux) && canImport(Runtime)
  /// Gives addresses to the runtime's `Backtrace`, whose only public way in from outside is
  /// `Codable`.
  ///
  /// The form is what `Backtrace` encodes itself as: an architecture, and the frames as a program
  /// of bytes in base 64. If a later runtime has another form, decoding throws, and so does the
  /// test.
  struct AddressDecoder: Decoder {
    private let frames: String

    init(_ addresses: [UInt]) { frames = Base64.text(of: Self.encoded(addresses)) }

    /// The size of a word; then for each frame an instruction, "program counter, absolute", with
    /// the count of the bytes that follow, the highest first; then the end.
    private static func encoded(_ addresses: [UInt]) -> [UInt8] {
      let size = UInt.bitWidth / 8
      var bytes: [UInt8] = [size == 8 ? 2 : 1]
      for address in addresses {
        bytes.append(0b0001_1000 | UInt8(size - 1))
        for index in (0..<size).reversed() {
          bytes.append(UInt8(truncatingIfNeeded: address >> (8 * UInt(index))))
        }
      }
      return bytes + [0]
    }

    fileprivate func text(for key: any CodingKey) throws -> String {
      switch key.stringValue {
      case "architecture": Self.architecture
      case "backtrace": frames
      default: throw Missing()
      }
    }

    private static var architecture: String {
      #if arch(x86_64)
        "x86_64"
      #elseif arch(arm64)
        "aarch64"
      #else
        "unknown"
      #endif
    }

    fileprivate struct Missing: Error {}

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
      KeyedDecodingContainer(Texts<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Missing() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Missing() }
  }

  /// Has strings and nothing else.
  private struct Texts<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: AddressDecoder

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { (try? decoder.text(for: key)) != nil }
    func decodeNil(forKey key: Key) -> Bool { !contains(key) }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
      try decoder.text(for: key)
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      guard let text = try decoder.text(for: key) as? T else { throw AddressDecoder.Missing() }
      return text
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw AddressDecoder.Missing() }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      throw AddressDecoder.Missing()
    }

    func superDecoder() throws -> any Decoder { throw AddressDecoder.Missing() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw AddressDecoder.Missing() }
  }

  private enum Base64 {
    private static let digits = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(of bytes: [UInt8]) -> String {
      var text: [UInt8] = []
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for index in 0..<4 {
          let isPadding = index > group.count
          text.append(isPadding ? UInt8(ascii: "=") : digits[bits >> (18 - 6 * index) & 63])
        }
      }
      return String(decoding: text, as: UTF8.self)
    }
  }
#endif

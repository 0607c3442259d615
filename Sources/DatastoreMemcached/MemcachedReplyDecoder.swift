// SPDX-License-Identifier: Apache-2.0
#if NIO
  internal import NIOCore

  /// One line of the server, and the bytes of a value after it.
  enum MemcachedLine: Equatable {
    case value(MemcachedReply.Value)
    case end
    case stored
    case notStored
    case deleted
    /// The server could not do it, and is ready for the next command.
    case serverError(String)
  }

  /// Cuts the bytes of the server into lines and values.
  struct MemcachedReplyDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = MemcachedLine

    struct Malformed: Error, CustomStringConvertible {
      var description: String
    }

    /// No line of the protocol is longer.
    private static let maxLine = 2_048
    /// The server's own largest value is 1 GiB.
    private static let maxValue = 1 << 30

    func decode(buffer: inout ByteBuffer) throws -> MemcachedLine? {
      let view = buffer.readableBytesView
      guard let end = view.prefix(Self.maxLine).firstIndex(of: UInt8(ascii: "\n")) else {
        if view.count >= Self.maxLine { throw Malformed(description: "a line has no end") }
        return nil
      }
      var text = view[..<end]
      if text.last == UInt8(ascii: "\r") { text.removeLast() }
      let line = String(decoding: text, as: UTF8.self)
      let length = end + 1 - view.startIndex
      if line.hasPrefix("VALUE ") { return try Self.value(line, length, &buffer) }
      buffer.moveReaderIndex(forwardBy: length)
      return try Self.reply(line)
    }

    func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> MemcachedLine? {
      try decode(buffer: &buffer)
    }

    private static func reply(_ line: String) throws -> MemcachedLine {
      switch line {
      case "END": return .end
      case "STORED": return .stored
      case "NOT_STORED", "EXISTS", "NOT_FOUND": return .notStored
      case "DELETED": return .deleted
      default:
        if line.hasPrefix("SERVER_ERROR") { return .serverError(line) }
        throw Malformed(description: "the server said \"\(line.prefix(100))\"")
      }
    }

    /// `VALUE name flags bytes state`, the bytes, and the end of the line.
    private static func value(
      _ line: String, _ length: Int, _ buffer: inout ByteBuffer
    ) throws -> MemcachedLine? {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 4 || parts.count == 5, let count = Int(parts[3]),
        (0...maxValue).contains(count),
        let state = parts.count == 5 ? UInt64(parts[4]) : 0
      else { throw Malformed(description: "a line of a value is damaged") }
      guard buffer.readableBytes >= length + count + 2 else { return nil }
      buffer.moveReaderIndex(forwardBy: length)
      guard let bytes = buffer.readBytes(length: count), buffer.readString(length: 2) == "\r\n"
      else { throw Malformed(description: "a value does not end where it should") }
      return .value(.init(name: String(parts[1]), bytes: bytes, state: state))
    }
  }
#endif

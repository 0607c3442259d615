// SPDX-License-Identifier: Apache-2.0
#if NIO
  internal import NIOCore

  /// A command of the text protocol.
  enum MemcachedCommand: Equatable {
    /// Reads values with their states.
    case gets([String])
    case add(String, [UInt8], Int)
    case cas(String, [UInt8], Int, state: UInt64)
    case delete(String)

    /// The most bytes of names in one line. Old servers refuse longer ones.
    private static let maxLine = 1_800

    /// As many commands as are needed to read values.
    static func reading(_ names: [String]) -> [MemcachedCommand] {
      var lines: [[String]] = []
      var length = maxLine
      for name in names {
        length += name.utf8.count + 1
        if length > maxLine {
          lines.append([])
          length = name.utf8.count + 1
        }
        lines[lines.count - 1].append(name)
      }
      return lines.map(MemcachedCommand.gets)
    }

    /// The time to live: whole seconds, rounded up. Zero would mean for ever, and more than 30 days
    /// a date.
    static func seconds(_ time: Duration) -> Int {
      let parts = time.components
      let whole = parts.attoseconds > 0 ? parts.seconds &+ 1 : parts.seconds
      return Int(min(max(whole, 1), 30 * 86_400))
    }

    func write(to buffer: inout ByteBuffer) {
      switch self {
      case .gets(let names):
        buffer.writeString("gets \(names.joined(separator: " "))\r\n")
      case .add(let name, let value, let seconds):
        Self.write(value, to: &buffer, "add \(name) 0 \(seconds) \(value.count)")
      case .cas(let name, let value, let seconds, let state):
        Self.write(value, to: &buffer, "cas \(name) 0 \(seconds) \(value.count) \(state)")
      case .delete(let name):
        buffer.writeString("delete \(name)\r\n")
      }
    }

    private static func write(_ value: [UInt8], to buffer: inout ByteBuffer, _ line: String) {
      buffer.writeString(line)
      buffer.writeString("\r\n")
      buffer.writeBytes(value)
      buffer.writeString("\r\n")
    }
  }

  /// The server's reply to a command.
  enum MemcachedReply: Equatable {
    struct Value: Equatable {
      var name: String
      var bytes: [UInt8]
      var state: UInt64
    }

    case values([Value])
    case stored
    case notStored
    case deleted
  }
#endif

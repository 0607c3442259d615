// SPDX-License-Identifier: Apache-2.0
#if SQLite
  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Buffered standard output.
  struct Output {
    private var pending: [UInt8] = []

    /// Adds a text without a line end.
    mutating func append(_ text: String) { pending += text.utf8 }

    mutating func line(_ text: String) throws {
      pending += text.utf8
      pending.append(0x0A)
      if pending.count >= 1 << 16 { try flush() }
    }

    /// Writes the buffered lines.
    mutating func flush() throws {
      var rest = pending[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno == EPIPE {
          throw BrokenOutput()
        } else if errno == EAGAIN {
          var waiting = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
          _ = poll(&waiting, 1, -1)
        } else if errno != EINTR {
          throw ToolFailure(
            .output, "the output could not be written: \(String(cString: strerror(errno)))")
        }
      }
      pending.removeAll(keepingCapacity: true)
    }
  }
#endif

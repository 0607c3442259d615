// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats

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

  /// Writes a line to standard output, after what a command changed is stored.
  ///
  /// - Throws: ``ToolFailure`` if the line cannot be written.
  func say(_ text: String) throws {
    var output = Output()
    do {
      try output.line(Escaped(text, keepsLineFeeds: true).description)
      try output.flush()
    } catch var failure as ToolFailure {
      failure.message = failure.message.map { "\($0); what the command did is done" }
      throw failure
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// A file with the token that clients must send.
  struct TokenFile {
    private let path: String

    init(_ path: String) { self.path = path }

    /// The token: the file's only line, without white space around it.
    func token() throws -> String {
      let bytes = try contents()
      let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.map(Self.trimmed).filter { !$0.isEmpty }
      guard let line = lines.first else { throw failure("is empty; write a token into it") }
      guard lines.count == 1 else {
        throw failure("has \(lines.count) lines; write one token into it, in one line")
      }
      // A header of HTTP has nothing else.
      guard line.allSatisfy({ 0x21...0x7E ~= $0 }),
        let token = String(validating: line, as: UTF8.self)
      else {
        throw failure(
          "has a token with spaces or with characters beyond ASCII, which clients cannot send; "
            + "write letters, digits and punctuation")
      }
      return token
    }

    private func contents() throws -> [UInt8] {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw unreadable(errno) }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw unreadable(errno) }
      if status.st_mode & S_IFMT == S_IFDIR { throw failure("is a folder; name a file") }
      // More than a token could be a wrong file, or a device without an end.
      var bytes = [UInt8](repeating: 0, count: 64 * 1_024)
      var count = 0
      while count < bytes.count {
        let more = bytes.withUnsafeMutableBytes {
          read(descriptor, $0.baseAddress! + count, $0.count - count)
        }
        if more < 0, errno == EINTR { continue }
        if more < 0 { throw unreadable(errno) }
        if more == 0 { break }
        count += more
      }
      if count == bytes.count { throw failure("is too large for a token; write one line into it") }
      if status.st_mode & S_IFMT == S_IFREG, status.st_mode & (S_IRGRP | S_IROTH) != 0 {
        complain(
          "arrival: warning: other users of this machine can read the token file \(path); "
            + "chmod 600 keeps them from it")
      }
      return Array(bytes.prefix(count))
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      var line = line.drop { $0 == 0x20 || $0 == 0x09 }
      while let last = line.last, last == 0x20 || last == 0x09 { line = line.dropLast() }
      return line
    }

    private func unreadable(_ code: Int32) -> ToolFailure {
      failure("cannot be read: \(String(cString: strerror(code)))")
    }

    private func failure(_ text: String) -> ToolFailure {
      ToolFailure(.unreadableInput, "the token file \(path) \(text)")
    }
  }
#endif

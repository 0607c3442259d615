// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import TestPrograms

  /// A running `sqlite-crash-helper`, whose lines are read one by one. It is killed with the last
  /// reference.
  final class HelperProcess {
    private let process = Process()
    private let output = Pipe()
    private var unread: [UInt8] = []

    init(
      path: String, prefix: String, first: Int = 1, last: Int, size: Int = 50
    ) throws {
      process.executableURL = try TestProgram.url("sqlite-crash-helper")
      process.arguments = [path, prefix, "\(first)", "\(last)", "\(size)"]
      process.standardOutput = output
      try process.run()
      // While this end is open, reading never comes to the end of the output.
      try? output.fileHandleForWriting.close()
    }

    deinit {
      stop()
    }

    /// Waits for the next line; `nil` when the process has ended and all lines were read.
    func readLine() -> String? {
      while true {
        if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
          defer { unread.removeSubrange(...end) }
          return String(decoding: unread[..<end], as: UTF8.self)
        }
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { return nil }
        unread.append(contentsOf: more)
      }
    }

    func readToEnd() -> [String] {
      var lines: [String] = []
      while let line = readLine() { lines.append(line) }
      return lines
    }

    /// Kills the process as a crash would, and waits until it has ended.
    func stop() { process.killAndWait() }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
private import Synchronization

#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Shows progress on standard error if that is a terminal. In a pipe or a file, shows none.
///
/// All methods may be called from any thread.
package final class ProgressPrinter: Sendable {
  private let descriptor: Int32
  private let isTerminal: Bool
  private let line: Mutex<ProgressLine>

  /// - Parameters:
  ///   - descriptor: Where to write; standard error by default.
  ///   - isTerminal: Whether `descriptor` is a terminal; by default, the system is asked.
  package init(descriptor: Int32 = 2, isTerminal: Bool? = nil) {
    self.descriptor = descriptor
    self.isTerminal = isTerminal ?? (isatty(descriptor) == 1)
    line = Mutex(ProgressLine())
  }

  /// Shows `status`. If the last status is too recent, `status` is not even evaluated.
  ///
  /// Without a terminal, a call costs one branch: the clock is not read.
  package func update(
    at instant: @autoclosure () -> ContinuousClock.Instant = .now,
    _ status: @autoclosure () -> ProgressLine.Status
  ) {
    guard isTerminal else { return }
    let now = instant()
    guard line.withLock({ $0.isDue(at: now) }) else { return }
    let text = status().text
    // Written under the lock, so that the texts of two threads keep their order.
    line.withLock { line in
      if let output = line.update(text, at: now) { send(output) }
    }
  }

  /// Writes a line above the progress, such as the problem of a row; in a pipe or a file too.
  ///
  /// Control characters, which may come from a file, are shown as escapes.
  package func log(_ message: String) {
    line.withLock { line in
      send((line.clear() ?? "") + Escaped(message, keepsLineFeeds: true).description + "\n")
    }
  }

  /// Writes a last line and ends the process.
  package func fail(_ message: String, code: Int32) -> Never {
    log(message)
    exit(code)
  }

  /// Clears the progress, so that the next output begins on an empty line.
  package func clear() {
    line.withLock { line in
      if let output = line.clear() { send(output) }
    }
  }

  private func send(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno != EINTR {
        // Progress that cannot be shown must not stop the work.
        return
      }
    }
  }
}

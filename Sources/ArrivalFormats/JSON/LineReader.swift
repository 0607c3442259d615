#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Reads lines from a file or standard input, in memory bounded by the longest line allowed.
///
/// It blocks as long as a slow pipe takes.
package final class LineReader {
  /// A line without its end; `nil` bytes for one that is too long.
  package struct Line {
    package var number: Int
    package var bytes: [UInt8]?
  }

  /// An entity of 1 MiB with every byte escaped.
  package static let maximumLength = 8 << 20

  package let source: TableSource
  private let descriptor: Int32
  private let isOurs: Bool
  private var pending = ByteQueue()
  private var searched = 0
  private var number = 0
  private var isAtEnd = false
  private var isSkipping = false
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)

  /// Opens the source: a path or standard input.
  package init(_ source: TableSource) throws(TableError) {
    self.source = source
    switch source {
    case .path(let path):
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      isOurs = true
      var status = stat()
      let isFolder =
        descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      if descriptor < 0 || isFolder {
        var error = TableError.system(descriptor < 0 ? errno : EISDIR)
        error.source = source.description
        throw error
      }
    case .descriptor(let given, _):
      descriptor = given
      isOurs = false
    case .standardInput, .bytes:
      descriptor = STDIN_FILENO
      isOurs = false
    }
  }

  deinit { if isOurs, descriptor >= 0 { close(descriptor) } }

  /// The next line that is not blank; `nil` at the end.
  package func next() throws(TableError) -> Line? {
    while true {
      if let end = lineEnd() {
        let bytes = pending.withBytes { Array($0[..<end]) }
        pending.removeFirst(min(end + 1, pending.count))
        searched = 0
        number += 1
        // The last piece that was read may have held the end of a line that is too long.
        if isSkipping || bytes.count > Self.maximumLength {
          isSkipping = false
          return Line(number: number, bytes: nil)
        }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
        return Line(number: number, bytes: bytes)
      }
      if pending.count > Self.maximumLength || isSkipping {
        isSkipping = true
        pending.removeFirst(pending.count)
        searched = 0
      }
      if isAtEnd {
        guard isSkipping else { return nil }
        isSkipping = false
        return Line(number: number + 1, bytes: nil)
      }
      try fill()
    }
  }

  private func lineEnd() -> Int? {
    let start = searched
    let found = pending.withBytes {
      RowScanner.offset(of: .lineFeed, in: $0, from: start, to: $0.count)
    }
    searched = pending.count
    if let found { return found }
    return isAtEnd && !pending.isEmpty ? pending.count : nil
  }

  private func fill() throws(TableError) {
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        chunk.withUnsafeBytes { pending.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return
      }
      if count == 0 {
        isAtEnd = true
        return
      }
      if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, -1)
      } else if errno != EINTR {
        var error = TableError.system(errno)
        error.source = source.description
        throw error
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @preconcurrency internal import Musl
#elseif canImport(Android)
  @preconcurrency internal import Android
#endif

/// Reads source lines for one text. It opens each file once, whether the file exists or not.
///
/// It is made anew for each text, so it needs no check for files that changed, and its memory is
/// freed with the text. On a machine without sources, a text costs one failed open for each file.
struct SourceReader {
  /// How much of the files is kept at any time, and the size of the largest file that is read.
  private static let maxBytes = 8 << 20

  private var files: [String: [Span]] = [:]
  private var bytes: [UInt8] = []

  /// The range of a line in `bytes`.
  private struct Span {
    let start: Int
    let end: Int
  }

  /// The line, counted from 1, without the white space around it; `nil` if it is blank or cannot be
  /// read.
  mutating func line(_ line: Int, of file: String) -> String? {
    // A `#fileID` is not a path. Opened as one, it might name another file.
    guard line > 0, file.utf8.first == UInt8(ascii: "/") else { return nil }
    if files[file] == nil { files[file] = spans(of: file) }
    guard let spans = files[file], line <= spans.count else { return nil }
    return text(spans[line - 1])
  }

  private func text(_ span: Span) -> String? {
    let line = bytes[span.start..<span.end]
    guard let first = line.firstIndex(where: { !$0.isBlank }),
      let last = line.lastIndex(where: { !$0.isBlank })
    else { return nil }
    return String(decoding: line[first...last], as: UTF8.self)
  }

  private mutating func spans(of file: String) -> [Span] {
    guard let content = Self.content(of: file) else { return [] }
    if bytes.count + content.count > Self.maxBytes {
      files = [:]
      bytes = []
    }
    var spans: [Span] = []
    var start = bytes.count
    bytes += content
    for end in start..<bytes.count where bytes[end] == UInt8(ascii: "\n") {
      spans.append(Span(start: start, end: end))
      start = end + 1
    }
    spans.append(Span(start: start, end: bytes.count))
    return spans
  }

  /// The bytes of a regular file of at most `maxBytes`.
  private static func content(of file: String) -> [UInt8]? {
    // Opening a pipe would otherwise wait for its other end.
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= maxBytes
    else { return nil }
    return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let more = read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        if more <= 0 { break }
        count += more
      }
    }
  }
}

extension UInt8 {
  /// Whether this is ASCII white space.
  fileprivate var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

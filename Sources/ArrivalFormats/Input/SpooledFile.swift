// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// A source that can be read twice: a file as it is, or a copy of what a pipe delivered.
///
/// The copy is in the folder for temporary files, and is removed with the last reference.
package final class SpooledFile {
  /// Reads the bytes from their beginning.
  package let source: InputSource
  private let copy: String?

  /// Copies the source if it is not a regular file. Blocks until a pipe ends.
  package init(_ source: InputSource) throws(InputError) {
    if Self.isRegularFile(source) {
      self.source = source
      copy = nil
      return
    }
    let input = try ByteInput(source)
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var path = Array("\(folder)/arrival-import-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    if descriptor < 0 { throw InputError(errno: errno, source: .path(folder)) }
    defer { close(descriptor) }
    let name = path.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    copy = name
    self.source = .copy(name, of: source.description)
    var failure: Int32?
    while failure == nil, try input.nextChunk({ failure = Self.write($0, to: descriptor) }) {}
    if let failure { throw InputError(errno: failure, source: .path(name)) }
  }

  deinit { if let copy { unlink(copy) } }

  /// Whether the source is a file that can be opened again.
  package static func isRegularFile(_ source: InputSource) -> Bool {
    switch source {
    case .path(let path), .copy(let path, of: _):
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    case .bytes: return true
    case .standardInput, .descriptor: return false
    }
  }

  /// The error of the system, or `nil`.
  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Darwin)
        let count = Darwin.write(descriptor, piece.baseAddress, piece.count)
      #elseif canImport(Glibc)
        let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
      #else
        let count = Musl.write(descriptor, piece.baseAddress, piece.count)
      #endif
      if count < 0, errno == EINTR { continue }
      if count < 0 { return errno }
      rest = rest.dropFirst(count)
    }
    return nil
  }
}

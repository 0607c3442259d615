// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Reads the bytes of an ``InputSource``, chunk by chunk. This folder knows bytes, not formats.
///
/// Reads block for as long as a slow pipe takes. Use an input on a thread of its own, never on one
/// that tasklets need.
final class ByteInput {
  private enum State {
    case bytes([UInt8])
    case open(Int32, closesAtEnd: Bool)
    case ended
  }

  let source: InputSource
  private var state: State
  private var chunk: [UInt8] = []
  private var position = 0
  /// The size of a regular file.
  private var size: Int?

  /// How much of a regular file was read, from 0 to 1; `nil` for other inputs.
  var fractionRead: Double? { size.map { $0 > 0 ? min(Double(position) / Double($0), 1) : 1 } }

  /// Opens the source. Throws if it is missing, a directory, or may not be read.
  init(_ source: InputSource, chunkSize: Int = 1 << 16) throws(InputError) {
    self.source = source
    switch source {
    case .path(let path), .copy(let path, of: _):
      state = .open(try Self.openFile(path), closesAtEnd: true)
    case .standardInput: state = .open(STDIN_FILENO, closesAtEnd: false)
    case .descriptor(let descriptor, _): state = .open(descriptor, closesAtEnd: false)
    case .bytes(let bytes, _): state = .bytes(bytes)
    }
    if case .open(let descriptor, _) = state {
      chunk = [UInt8](repeating: 0, count: chunkSize)
      size = Self.size(ofRegularFile: descriptor)
    }
  }

  deinit { end() }

  private static func openFile(_ path: String) throws(InputError) -> Int32 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw InputError(errno: errno, source: .path(path)) }
    // Opening a directory succeeds. Without this check, the first read would fail much later.
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw InputError(errno: EISDIR, source: .path(path))
    }
    return descriptor
  }

  private static func size(ofRegularFile descriptor: Int32) -> Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Passes the next chunk to `body`. Blocks until there are bytes.
  ///
  /// - Returns: `false` at the end of the input, without calling `body`.
  func nextChunk(_ body: (UnsafeRawBufferPointer) -> Void) throws(InputError) -> Bool {
    switch state {
    case .bytes(let bytes):
      state = .ended
      bytes.withUnsafeBytes(body)
      return true
    case .open(let descriptor, _):
      let count = try fillChunk(from: descriptor)
      guard count > 0 else {
        end()
        return false
      }
      position += count
      chunk.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      return true
    case .ended:
      return false
    }
  }

  private func fillChunk(from descriptor: Int32) throws(InputError) -> Int {
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 { return count }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Another process may have made a shared pipe or terminal non-blocking.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, -1)
      case let number:
        throw InputError(errno: number, source: source)
      }
    }
  }

  private func end() {
    if case .open(let descriptor, closesAtEnd: true) = state { close(descriptor) }
    state = .ended
  }
}

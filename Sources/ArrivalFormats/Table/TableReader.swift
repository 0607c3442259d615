#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Where a table comes from.
package enum TableSource: Sendable, Hashable, CustomStringConvertible {
  case path(String)
  case standardInput
  /// A descriptor that stays the caller's to close.
  case descriptor(Int32, name: String)
  case bytes([UInt8], name: String)

  /// The table that a command line's argument names: `-` is standard input.
  package init(argument: String) {
    self = argument == "-" ? .standardInput : .path(argument)
  }

  /// How messages call the table.
  package var description: String {
    switch self {
    case .path(let path): path
    case .standardInput: "standard input"
    case .descriptor(_, let name), .bytes(_, let name): name
    }
  }
}

/// Reads a table from its source, row by row, with plain blocking reads.
///
/// A read waits as long as a slow pipe takes, so use a reader on a thread of its own: never on one
/// that tasklets need. It holds one chunk and the longest row, however long the table is.
package final class TableReader {
  package let source: TableSource
  private var parser: TableParser
  private var descriptor: Int32?
  private let closesDescriptor: Bool
  private var chunk: [UInt8] = []

  /// Opens the source. Throws if it is missing, a directory, or not to be read.
  package init(
    _ source: TableSource, configuration: TableParser.Configuration = .default,
    chunkSize: Int = 1 << 16
  ) throws(TableError) {
    self.source = source
    parser = TableParser(configuration)
    switch source {
    case .path(let path):
      let opened = open(path, O_RDONLY | O_CLOEXEC)
      if opened < 0 { throw Self.named(.system(errno), source) }
      // A directory can be opened; only reading it would fail, when the work is under way.
      var status = stat()
      if fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        close(opened)
        throw Self.named(.system(EISDIR), source)
      }
      descriptor = opened
      closesDescriptor = true
    case .standardInput:
      descriptor = STDIN_FILENO
      closesDescriptor = false
    case .descriptor(let given, _):
      descriptor = given
      closesDescriptor = false
    case .bytes(let bytes, _):
      closesDescriptor = false
      bytes.withUnsafeBytes { parser.append($0) }
      parser.finish()
    }
    if descriptor != nil { chunk = [UInt8](repeating: 0, count: chunkSize) }
  }

  deinit {
    if closesDescriptor, let descriptor { close(descriptor) }
  }

  /// The next event, or `nil` at the table's end. Throws if the table as a whole cannot be read.
  package func next() throws(TableError) -> TableEvent? {
    do throws(TableError) {
      while true {
        if let event = try parser.next() { return event }
        guard let descriptor else { return nil }
        try readChunk(from: descriptor)
      }
    } catch {
      throw Self.named(error, source)
    }
  }

  private func readChunk(from descriptor: Int32) throws(TableError) {
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        chunk.withUnsafeBytes { parser.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return
      }
      if count == 0 {
        parser.finish()
        if closesDescriptor { close(descriptor) }
        self.descriptor = nil
        return
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Another process may have made a shared pipe or terminal non-blocking.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, -1)
      default:
        throw .system(errno)
      }
    }
  }

  private static func named(_ error: TableError, _ source: TableSource) -> TableError {
    var error = error
    error.source = source.description
    return error
  }
}

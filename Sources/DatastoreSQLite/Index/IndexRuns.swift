// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Rows of the index that wait for the end of a large transaction: sorted runs in a temporary
  /// file, which are merged.
  ///
  /// Rows of a few thousand entities lie all over the tree, so writing them changes nearly as many
  /// pages. Written in order after many entities, the rows change each page once.
  ///
  /// The file has no name, so nothing is left behind if the process dies.
  final class IndexRuns {
    /// What the buffers of all runs have together while they are merged.
    private static let bufferBytes = 2 << 20

    private let descriptor: Int32
    /// The places of the runs in the file.
    private var runs: [Range<Int>] = []

    var isEmpty: Bool { runs.isEmpty }

    /// Creates the temporary file.
    ///
    /// - Parameter folder: The folder of the file, which has room for the index anyway.
    init(folder: String) throws {
      var path = Array("\(folder)/.arrival-index-XXXXXX".utf8CString)
      descriptor = mkstemp(&path)
      guard descriptor >= 0 else { throw Self.failure() }
      unlink(path)
    }

    deinit { close(descriptor) }

    private static func failure() -> DatabaseError {
      DatabaseError(
        resultCode: errno == ENOSPC || errno == EDQUOT ? .SQLITE_FULL : .SQLITE_IOERR,
        message: "temporary file of the index: \(String(cString: strerror(errno)))")
    }

    // MARK: Writing

    /// Appends rows, which are sorted, as a run.
    func append(_ bytes: [UInt8]) throws {
      let start = runs.last?.upperBound ?? 0
      try bytes.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
          let count = pwrite(
            descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(start + done))
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { throw Self.failure() }
          done += count
        }
      }
      runs.append(start..<start + bytes.count)
    }

    /// Appends a row to the bytes of a run.
    static func encode(
      _ property: Int64, _ position: UnsafeRawBufferPointer, _ target: Int64,
      to bytes: inout [UInt8]
    ) {
      for number in [property, target, Int64(position.count)] {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
      }
      bytes.append(contentsOf: position)
    }

    // MARK: Merging

    /// Calls `body` with all rows in the order of the tree, and forgets them. Of equal rows, that
    /// of the latest run comes last.
    func drain(
      _ body: (Int64, UnsafeRawBufferPointer, Int64) throws -> Void
    ) throws {
      let size = max(Self.bufferBytes / max(runs.count, 1), 4 << 10)
      var heap: [RunReader] = []
      for (number, run) in runs.enumerated() {
        let reader = RunReader(number, run, bufferSize: size)
        if try reader.advance(descriptor) { heap.append(reader) }
      }
      for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) {
        Self.sink(index, &heap)
      }
      while let first = heap.first {
        try first.withRow { try body(first.property, $0, first.target) }
        if try !first.advance(descriptor) {
          heap[0] = heap[heap.count - 1]
          heap.removeLast()
        }
        Self.sink(0, &heap)
      }
      runs = []
    }

    /// Restores the order of the heap below a place.
    private static func sink(_ index: Int, _ heap: inout [RunReader]) {
      var parent = index
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2]
        where child < heap.count && heap[child].precedes(heap[least]) {
          least = child
        }
        if least == parent { return }
        heap.swapAt(parent, least)
        parent = least
      }
    }

    /// Reads the rows of a run.
    private final class RunReader {
      private static let headLength = 24

      private let number: Int
      private var rest: Range<Int>
      private var buffer: [UInt8] = []
      private let bufferSize: Int
      /// The place of the current row's position in the buffer.
      private var row = 0..<0
      private(set) var property: Int64 = 0
      private(set) var target: Int64 = 0

      init(_ number: Int, _ run: Range<Int>, bufferSize: Int) {
        self.number = number
        rest = run
        self.bufferSize = bufferSize
      }

      func withRow<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[row])) }
      }

      /// Goes to the next row; `false` at the end of the run.
      func advance(_ descriptor: Int32) throws -> Bool {
        let start = row.upperBound
        if start == buffer.count, rest.isEmpty { return false }
        try fill(Self.headLength, descriptor)
        let head = row.upperBound
        let count = buffer.withUnsafeBytes { bytes in
          property = bytes.loadUnaligned(fromByteOffset: head, as: Int64.self)
          target = bytes.loadUnaligned(fromByteOffset: head + 8, as: Int64.self)
          return Int(bytes.loadUnaligned(fromByteOffset: head + 16, as: Int64.self))
        }
        try fill(Self.headLength + count, descriptor)
        let position = row.upperBound + Self.headLength
        row = position..<position + count
        return true
      }

      /// Reads until the buffer has `count` bytes after the current row.
      private func fill(_ count: Int, _ descriptor: Int32) throws {
        if buffer.count - row.upperBound >= count { return }
        buffer.removeFirst(row.upperBound)
        row = 0..<0
        while buffer.count < count {
          let start = buffer.count
          let wanted = min(max(bufferSize, count) - start, rest.count)
          buffer.append(contentsOf: repeatElement(0, count: wanted))
          let read = buffer.withUnsafeMutableBytes {
            pread(descriptor, $0.baseAddress! + start, wanted, off_t(rest.lowerBound))
          }
          if read < 0, errno == EINTR {
            buffer.removeLast(wanted)
            continue
          }
          guard read > 0 else { throw IndexRuns.failure() }
          buffer.removeLast(wanted - read)
          rest = rest.lowerBound + read..<rest.upperBound
        }
      }

      func precedes(_ other: RunReader) -> Bool {
        if property != other.property { return property < other.property }
        let order = withRow { left in
          other.withRow { right in
            let order = memcmp(left.baseAddress!, right.baseAddress!, min(left.count, right.count))
            return order == 0 ? left.count - right.count : Int(order)
          }
        }
        return order == 0 ? number < other.number : order < 0
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
private import CZlib

/// Decompresses a gzip file of one or more members, chunk by chunk.
final class GzipInflater {
  /// What is wrong with the compressed bytes.
  struct Problem: Error {
    var message: String
  }

  /// On the heap, because zlib keeps the address.
  private let stream: UnsafeMutablePointer<z_stream>
  private var output = [UInt8](repeating: 0, count: 1 << 16)
  /// The last member has ended, so the input may end too.
  private var isBetweenMembers = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits are the largest window, and 16 more select the format of gzip.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot be used: status \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Passes the decompressed bytes of `input` to `body`, piece by piece.
  func inflate(
    _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(Problem) {
    guard let base = input.baseAddress else { return }
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: base.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(input.count)
    var hasMore = true
    while hasMore {
      if isBetweenMembers {
        if stream.pointee.avail_in == 0 { return }
        inflateReset(stream)
        isBetweenMembers = false
      }
      hasMore = try inflatePiece(body)
    }
  }

  /// Returns whether there is more to decompress.
  private func inflatePiece(_ body: (UnsafeRawBufferPointer) -> Void) throws(Problem) -> Bool {
    let capacity = output.count
    let status = output.withUnsafeMutableBufferPointer { buffer in
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(capacity)
      return CZlib.inflate(stream, Z_NO_FLUSH)
    }
    let count = capacity - Int(stream.pointee.avail_out)
    if count > 0 {
      output.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    switch status {
    case Z_STREAM_END:
      isBetweenMembers = true
      return stream.pointee.avail_in > 0
    case Z_OK: return stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    case Z_BUF_ERROR: return false
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
      throw Problem(message: "the gzip file is damaged (\(reason)); compress it again")
    }
  }

  /// Checks that the last member is complete.
  func finish() throws(Problem) {
    guard !isBetweenMembers else { return }
    throw Problem(message: "the gzip file ends too early; copy or download it again")
  }
}

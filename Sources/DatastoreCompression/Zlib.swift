// SPDX-License-Identifier: Apache-2.0
private import CZlib

/// Bytes in zlib's format (RFC 1950).
enum Zlib {
  /// The bytes compressed. `nil` if there is no memory for it.
  static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    var count = compressBound(uLong(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(count))
    let status = CZlib.compress(&output, &count, bytes, uLong(bytes.count))
    return status == Z_OK ? Array(output.prefix(Int(count))) : nil
  }

  /// The bytes decompressed. `nil` if they are not whole bytes in zlib's format.
  static func decompress(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard !bytes.isEmpty, inflateInit_(&stream, ZLIB_VERSION, size) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    return input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      while true {
        let status = piece.withUnsafeMutableBufferPointer { piece in
          stream.next_out = piece.baseAddress
          stream.avail_out = UInt32(piece.count)
          return inflate(&stream, Z_NO_FLUSH)
        }
        output += piece.prefix(piece.count - Int(stream.avail_out))
        switch status {
        case Z_STREAM_END: return stream.avail_in == 0 ? output : nil
        case Z_OK: continue
        default: return nil
        }
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Bytes that are appended at the end and removed from the front, in one contiguous buffer.
struct ByteQueue: Sendable {
  private var storage: [UInt8] = []
  private var start = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { start == storage.count }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    // Move bytes only after half of the storage was used up, so that small chunks cost linear time.
    if start > 0, start >= storage.count / 2 {
      storage.removeSubrange(..<start)
      start = 0
    }
    storage.append(contentsOf: bytes)
  }

  mutating func removeFirst(_ count: Int) {
    precondition(count <= self.count, "cannot remove \(count) of \(self.count) bytes")
    start += count
  }

  mutating func removeAll() { start = storage.count }

  func starts(with prefix: [UInt8]) -> Bool {
    storage[start...].starts(with: prefix)
  }

  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeBufferPointer { (bytes) throws(Failure) -> Result in
      try body(UnsafeBufferPointer(rebasing: bytes[start...]))
    }
  }
}

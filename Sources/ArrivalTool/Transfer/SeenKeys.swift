// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalDatastore

  /// The keys of a file with the lines on which they are, to find a key that a file has twice.
  ///
  /// Of each key only a hash of 64 bits and the line are kept, 12 bytes. That two of a million keys
  /// have the same hash has a probability below one in ten million.
  struct SeenKeys: Sendable {
    /// How many keys are remembered: enough for 48 MiB. Later keys are only compared with them.
    static let limit = 3_000_000

    private var hashes: [UInt64] = Array(repeating: 0, count: 1 << 10)
    private var lines: [UInt32] = Array(repeating: 0, count: 1 << 10)
    private(set) var count = 0

    /// Whether some keys were not remembered.
    private(set) var isFull = false

    /// Remembers a key with its line, also if it was there.
    ///
    /// - Returns: The line on which the key was last; `nil` if it is new.
    mutating func insert(_ key: Key, line: Int) -> Int? {
      var hasher = Hasher()
      hasher.combine(key)
      // 0 marks an empty place.
      let hash = max(1, UInt64(bitPattern: Int64(hasher.finalize())))
      let place = place(of: hash)
      if hashes[place] == hash {
        defer { lines[place] = UInt32(clamping: line) }
        return Int(lines[place])
      }
      guard count < Self.limit else {
        isFull = true
        return nil
      }
      hashes[place] = hash
      lines[place] = UInt32(clamping: line)
      count += 1
      if count * 4 > hashes.count * 3 { grow() }
      return nil
    }

    private func place(of hash: UInt64) -> Int {
      var place = Int(truncatingIfNeeded: hash) & (hashes.count - 1)
      while hashes[place] != 0, hashes[place] != hash { place = (place + 1) & (hashes.count - 1) }
      return place
    }

    private mutating func grow() {
      let old = (hashes, lines)
      hashes = Array(repeating: 0, count: old.0.count * 2)
      lines = Array(repeating: 0, count: old.0.count * 2)
      for (hash, line) in zip(old.0, old.1) where hash != 0 {
        let place = place(of: hash)
        hashes[place] = hash
        lines[place] = line
      }
    }
  }
#endif

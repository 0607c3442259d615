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

  /// Writes rows of the index: collects rows to remove and to add, and writes them in the order of
  /// the tree.
  ///
  /// The bytes of all rows are in one array. Sorting compares the first eight bytes as a number,
  /// and the rest only where it must.
  struct IndexRowWriter {
    private struct Row {
      var property: Int64
      /// The first eight bytes of the position.
      var prefix: UInt64
      var start: Int
      var count: Int
      var target: Int64
    }

    private var bytes: [UInt8] = []
    private var added: [Row] = []
    private var removed: [Row] = []

    var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    mutating func add(
      _ property: Int64, _ value: [UInt8], _ key: [UInt8], _ target: EntryTarget
    ) {
      let row = makeRow(property, value, key, target.stored)
      added.append(row)
    }

    mutating func remove(_ property: Int64, _ value: [UInt8], _ key: [UInt8]) {
      let row = makeRow(property, value, key, 0)
      removed.append(row)
    }

    private mutating func makeRow(
      _ property: Int64, _ value: [UInt8], _ key: [UInt8], _ target: Int64
    ) -> Row {
      let start = bytes.count
      bytes += value
      bytes += key
      var prefix: UInt64 = 0
      for index in start..<start + 8 {
        prefix = prefix << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0)
      }
      return Row(
        property: property, prefix: prefix, start: start, count: bytes.count - start,
        target: target)
    }

    /// Removes rows, then adds rows, and forgets them all.
    mutating func write(_ connection: Database) throws {
      if !removed.isEmpty {
        let delete = try RawStatement(
          connection, "DELETE FROM entry WHERE property = ? AND position = ?")
        try run(delete, &removed, bindsTarget: false)
      }
      if !added.isEmpty {
        let insert = try RawStatement(
          connection, "INSERT OR REPLACE INTO entry (property, position, target) VALUES (?, ?, ?)")
        try run(insert, &added, bindsTarget: true)
      }
      removed.removeAll(keepingCapacity: true)
      added.removeAll(keepingCapacity: true)
      bytes.removeAll(keepingCapacity: true)
    }

    private func run(_ statement: RawStatement, _ rows: inout [Row], bindsTarget: Bool) throws {
      try bytes.withUnsafeBytes { bytes in
        rows.sort { Self.precedes($0, $1, bytes) }
        for row in rows {
          try statement.bind(row.property, at: 1)
          let position = bytes[row.start..<row.start + row.count]
          try statement.bind(UnsafeRawBufferPointer(rebasing: position), at: 2)
          if bindsTarget { try statement.bind(row.target, at: 3) }
          _ = try statement.run()
        }
      }
    }

    private static func precedes(_ a: Row, _ b: Row, _ bytes: UnsafeRawBufferPointer) -> Bool {
      if a.property != b.property { return a.property < b.property }
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      guard let base = bytes.baseAddress else { return false }
      let order = memcmp(base + a.start, base + b.start, min(a.count, b.count))
      return order == 0 ? a.count < b.count : order < 0
    }
  }
#endif

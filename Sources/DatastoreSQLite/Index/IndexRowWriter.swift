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

    /// How many bytes rows may have before they are moved out of memory.
    static let maxBytes = 4 << 20

    private var bytes: [UInt8] = []
    private var added: [Row] = []
    private var removed: [Row] = []

    var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    /// How many bytes of memory the rows take.
    var byteCount: Int {
      bytes.count + (added.count + removed.count) * MemoryLayout<Row>.stride
    }

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
        let insert = try RawStatement(connection, Self.insertSQL)
        try run(insert, &added, bindsTarget: true)
      }
      removeAll()
    }

    /// Moves all rows into a sorted run, which ``write(_:after:)`` writes later.
    ///
    /// Removals are not moved: they are written before any row that is added later.
    mutating func spill(to runs: IndexRuns, _ connection: Database) throws {
      guard removed.isEmpty else {
        if !runs.isEmpty { try Self.drain(runs, connection) }
        return try write(connection)
      }
      var run: [UInt8] = []
      run.reserveCapacity(bytes.count + added.count * 24)
      bytes.withUnsafeBytes { bytes in
        added.sort { Self.precedes($0, $1, bytes) }
        for row in added {
          let position = UnsafeRawBufferPointer(rebasing: bytes[row.start..<row.start + row.count])
          IndexRuns.encode(row.property, position, row.target, to: &run)
        }
      }
      try runs.append(run)
      removeAll()
    }

    /// Writes the rows of runs, merged with those of memory.
    mutating func write(_ connection: Database, after runs: IndexRuns) throws {
      if !isEmpty { try spill(to: runs, connection) }
      try Self.drain(runs, connection)
    }

    private static func drain(_ runs: IndexRuns, _ connection: Database) throws {
      let insert = try RawStatement(connection, insertSQL)
      try runs.drain { property, position, target in
        try insert.bind(property, at: 1)
        try insert.bind(position, at: 2)
        try insert.bind(target, at: 3)
        _ = try insert.run()
      }
    }

    private mutating func removeAll() {
      removed.removeAll(keepingCapacity: true)
      added.removeAll(keepingCapacity: true)
      bytes.removeAll(keepingCapacity: true)
    }

    private static let insertSQL =
      "INSERT OR REPLACE INTO entry (property, position, target) VALUES (?, ?, ?)"

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

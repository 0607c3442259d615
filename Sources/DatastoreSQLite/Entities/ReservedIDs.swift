// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Allocates IDs in advance, and keeps the IDs that no incomplete key may get.
  ///
  /// Allocated IDs are counted. A permutation of 2⁵¹…2⁵²−1 scatters the counter in the file, so
  /// that neighbours are far apart and no ID comes twice. Incomplete keys in a commit get random
  /// IDs from 2⁵²…2⁵³−1 (see ``AutomaticID``), so the two ranges never collide. An ID that a
  /// program reserves is written down if it is in one of these ranges. No other ID can be given out
  /// anyway.
  struct ReservedIDs {
    private static let counted: Range<Int64> = 1 << 51..<1 << 52
    private static let assignable: Range<Int64> = 1 << 51..<1 << 53
    static let maxKeys = 500

    private let select: RawStatement

    init(_ connection: Database) throws {
      select = try RawStatement(connection, "SELECT 1 FROM reserved WHERE key = ?")
    }

    func contains(_ key: UnsafeRawBufferPointer) throws -> Bool {
      defer { select.reset() }
      try select.bind(key, at: 1)
      return try select.step()
    }

    /// The ID for a value of the counter; successive values give IDs far apart.
    ///
    /// This is Knuth's multiplicative hashing: an odd factor permutes the numbers below a power of
    /// two.
    static func identifier(_ number: Int64) -> Int64 {
      let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
      let scattered = UInt64(bitPattern: number) &* factor & UInt64(counted.lowerBound - 1)
      return counted.lowerBound + Int64(scattered)
    }

    private static func checkCount(_ keys: [Key]) throws(DatastoreError) {
      guard keys.count <= maxKeys else {
        throw DatastoreError(
          .invalidArgument,
          "A request for IDs takes up to \(maxKeys) keys and was given \(keys.count). Split it."
        )
      }
    }

    static func checkIncomplete(_ keys: [Key]) throws(DatastoreError) {
      try checkCount(keys)
      for key in keys where key.isComplete {
        throw DatastoreError(
          .invalidArgument, "The key is complete and needs no ID. Leave it out.", key: key)
      }
    }

    static func checkComplete(_ keys: [Key]) throws(DatastoreError) {
      try checkCount(keys)
      for key in keys where !key.isComplete {
        throw DatastoreError(
          .invalidArgument,
          "An incomplete key has no ID to reserve. Give it one, or use allocateIDs(for:).",
          key: key)
      }
    }

    /// Completes keys, inside a writing transaction.
    static func allocate(_ keys: [Key], _ connection: Database) throws -> [Key] {
      guard let first = try Int64.fetchOne(connection, sql: "SELECT allocated FROM sequence") else {
        throw DatastoreError(
          .dataLoss,
          "The count of allocated IDs is missing. Restore a backup with \"arrival restore\".")
      }
      var number = first
      let reserved = try ReservedIDs(connection)
      let exists = try RawStatement(connection, "SELECT 1 FROM entity WHERE key = ?")
      let complete = try keys.map { key in
        while true {
          number += 1
          let candidate = key.completed(id: identifier(number))
          var writer = BlobWriter()
          KeyCodec.encode(candidate, into: &writer)
          let isTaken = try writer.bytes.withUnsafeBytes { bytes in
            if try reserved.contains(bytes) { return true }
            defer { exists.reset() }
            try exists.bind(bytes, at: 1)
            return try exists.step()
          }
          if !isTaken { return candidate }
        }
      }
      try connection.execute(sql: "UPDATE sequence SET allocated = ?", arguments: [number])
      return complete
    }

    /// Reserves the IDs of keys, inside a writing transaction.
    static func reserve(_ keys: [Key], _ connection: Database) throws {
      let insert = try RawStatement(
        connection, "INSERT INTO reserved (key) VALUES (?) ON CONFLICT (key) DO NOTHING")
      for key in keys {
        guard let id = key.id, assignable.contains(id) else { continue }
        var writer = BlobWriter()
        KeyCodec.encode(key, into: &writer)
        try writer.bytes.withUnsafeBytes { bytes in
          try insert.bind(bytes, at: 1)
          _ = try insert.run()
        }
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  @testable import ArrivalDatastore
  @testable import DatastoreEngine
  import Foundation
  import GRDB

  @testable import DatastoreSQLite

  /// Checks a file independently of the library: SQLite's own check, and whether the index has
  /// exactly the rows of the entities.
  enum StoreAudit {
    enum Verdict: Equatable {
      case sound
      case damaged([String])
      case indexDiffers(missing: Int, surplus: Int)
    }

    /// How many rows of the index have their entity's rowid, and how many have another one or none.
    static func hints(_ backend: SQLiteBackend) async throws -> (right: Int, others: Int) {
      try await backend.database.read { connection in
        let right = try Int.fetchOne(
          connection,
          sql: """
            SELECT count(*) FROM entry JOIN entity ON id = target >> 1
              AND key = substr(position, -length(key))
            """)
        let all = try Int.fetchOne(connection, sql: "SELECT count(*) FROM entry")
        return (right ?? 0, (all ?? 0) - (right ?? 0))
      }
    }

    static func verdict(_ backend: SQLiteBackend) async throws -> Verdict {
      try await backend.database.read { connection in
        let lines = try String.fetchAll(connection, sql: "PRAGMA integrity_check")
        if lines != ["ok"] { return .damaged(lines) }
        let stored = try Row.fetchAll(
          connection,
          sql: "SELECT path, position, target & 1 FROM entry JOIN property ON id = property")
        let found = Set(stored.map { [$0[0] as Data, $0[1], Data([$0[2] as UInt8])] })
        var expected: Set<[Data]> = []
        for row in try Row.fetchAll(connection, sql: "SELECT key, data FROM entity") {
          let bytes = row[0] as Data
          let key = try bytes.withUnsafeBytes { try KeyCodec.decode($0) }
          let properties = try (row[1] as Data).withUnsafeBytes { data in
            try bytes.withUnsafeBytes { try EntityCodec.decode(data, of: $0) }
          }
          var paths = PropertyPaths()
          let entity = Entity(nil, properties)
          var entries = paths.entries(of: entity, key: key)
          entries += try paths.entries(
            of: entity, key: key, CompositeIndexTable.all(connection), others: entries.count)
          for entry in entries {
            expected.insert([
              Data(paths.paths[entry.pathIndex]), Data(entry.value) + bytes,
              Data([entry.isMultiValued ? 1 : 0]),
            ])
          }
        }
        if found == expected { return .sound }
        return .indexDiffers(
          missing: expected.subtracting(found).count, surplus: found.subtracting(expected).count)
      }
    }
  }
#endif

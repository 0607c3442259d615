#if SQLite
  @testable import Datastore
  import Foundation
  import GRDB

  @testable import DatastoreSQLite

  /// Whether a file is sound by SQLite's own check, and its index that of its entities.
  enum StoreAudit {
    enum Verdict: Equatable {
      case sound
      case damaged([String])
      case indexDiffers(missing: Int, surplus: Int)
    }

    static func verdict(_ backend: SQLiteBackend) async throws -> Verdict {
      try await backend.database.read { connection in
        let lines = try String.fetchAll(connection, sql: "PRAGMA integrity_check")
        if lines != ["ok"] { return .damaged(lines) }
        let stored = try Row.fetchAll(
          connection,
          sql: "SELECT path, position, several FROM entry JOIN property ON id = property")
        let found = Set(stored.map { [$0[0] as Data, $0[1], Data([$0[2] as UInt8])] })
        var expected: Set<[Data]> = []
        for row in try Row.fetchAll(connection, sql: "SELECT key, data FROM entity") {
          let bytes = row[0] as Data
          let key = try bytes.withUnsafeBytes { try KeyCodec.decode($0) }
          let properties = try (row[1] as Data).withUnsafeBytes { data in
            try bytes.withUnsafeBytes { try EntityCodec.decode(data, of: $0) }
          }
          var names = IndexNameTable()
          let entity = Entity(nil, properties)
          var entries = names.entries(of: entity, key: key)
          entries += try names.entries(
            of: entity, key: key, CompositeTable.all(connection), others: entries.count)
          for entry in entries {
            expected.insert([
              Data(names.paths[entry.name]), Data(entry.value) + bytes,
              Data([entry.isOneOfSeveral ? 1 : 0]),
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

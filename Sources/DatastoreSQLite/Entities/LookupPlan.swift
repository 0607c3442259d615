// SPDX-License-Identifier: Apache-2.0
// The folder `Entities` has the table of entities by key: lookups, encoded keys, and how keys get
// their IDs.

#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// A lookup, prepared outside the database's queue: its keys are checked, encoded and sorted.
  struct LookupPlan: Sendable {
    static let maxKeys = 1_000

    private let keys: [Key]
    private let encoded: EncodedKeys

    init(_ keys: [Key]) throws(DatastoreError) {
      guard keys.count <= Self.maxKeys else {
        throw DatastoreError(
          .invalidArgument,
          "A lookup takes up to \(Self.maxKeys) keys and was given \(keys.count). Split it.")
      }
      var writer = BlobWriter(capacity: keys.count * 48)
      var ends: [Int] = []
      ends.reserveCapacity(keys.count)
      for key in keys {
        guard key.isComplete else {
          throw DatastoreError(
            .invalidArgument, "A lookup needs complete keys: give it an ID or a name.", key: key)
        }
        KeyCodec.encode(key, into: &writer)
        ends.append(writer.count)
      }
      self.keys = keys
      self.encoded = EncodedKeys(bytes: writer.bytes, ends: ends)
    }

    /// Reads all keys. A damaged entity is among the failures, and the others are found.
    ///
    /// This runs one statement for each key. SQLite finds a thousand keys as fast as with one `IN`
    /// list, and the rows need not contain the key.
    ///
    /// - Parameter path: The file to name in failures; `nil` in memory.
    /// - Parameter past: The state to read; `nil` for the present one.
    func run(
      _ connection: Database, at path: String?, in past: PastState? = nil
    ) throws -> LookupReply {
      try past?.check(connection)
      let statement = try RawStatement(
        connection, "SELECT updated, age, data FROM entity WHERE key = ?")
      var found: [Entity] = []
      found.reserveCapacity(keys.count)
      var failures: [Key: DatastoreError] = [:]
      try encoded.withSortedUniqueKeys { index, bytes in
        defer { statement.reset() }
        try statement.bind(bytes, at: 1)
        let exists = try statement.step()
        if let past, !exists || statement.number(0) > past.time {
          if let entity = try past.entity(keys[index], bytes, connection) { found.append(entity) }
          return
        }
        guard exists else { return }
        do throws(CorruptBlob) {
          found.append(
            Entity(
              keys[index], try EntityCodec.decode(statement.blob(2), of: bytes),
              EntityTimes(statement, 0)))
        } catch {
          failures[keys[index]] = StoreFailure.corrupt(keys[index], error).naming(path)
        }
      }
      return LookupReply(found: found, failures: failures)
    }
  }
#endif

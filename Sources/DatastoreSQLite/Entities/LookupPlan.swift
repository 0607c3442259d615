#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// A lookup made ready outside the database's queue: keys encoded, in order, each once.
  struct LookupPlan: Sendable {
    static let maximumKeys = 1_000

    private let keys: [Key]
    private let table: KeyTable

    init(_ keys: [Key]) throws(DatastoreError) {
      guard keys.count <= Self.maximumKeys else {
        throw DatastoreError(
          .invalidArgument,
          "A lookup takes up to \(Self.maximumKeys) keys and was given \(keys.count). Split it.")
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
      self.table = KeyTable(bytes: writer.bytes, ends: ends)
    }

    /// Reads all keys; a damaged entity fails alone.
    ///
    /// One statement a key: SQLite finds a thousand keys as fast as in one `IN` list, and it needs
    /// no key in the answer.
    ///
    /// - Parameter path: The file to name in failures; `nil` in memory.
    func run(_ connection: Database, at path: String?) throws -> LookupReply {
      let statement = try RawStatement(
        connection, "SELECT data FROM entity WHERE key = ?")
      var found: [Entity] = []
      found.reserveCapacity(keys.count)
      var failures: [Key: DatastoreError] = [:]
      try table.withSortedUniqueKeys { index, bytes in
        defer { statement.reset() }
        try statement.bind(bytes, at: 1)
        guard try statement.step() else { return }
        do throws(CorruptBlob) {
          found.append(Entity(keys[index], try EntityCodec.decode(statement.blob, of: bytes)))
        } catch {
          failures[keys[index]] = StoreFailure.corrupt(keys[index], error).naming(path)
        }
      }
      return LookupReply(found: found, failures: failures)
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Counts entities, bytes and index rows by namespace and kind.
  struct ContentsCounter {
    private struct Name: Hashable {
      var namespace: String
      var kind: String
    }

    private let connection: Database
    private var kinds: [Name: SQLiteBackend.Contents.Kind] = [:]

    private init(_ connection: Database) { self.connection = connection }

    static func run(_ connection: Database) throws -> SQLiteBackend.Contents {
      var counter = ContentsCounter(connection)
      try counter.countEntities()
      try counter.countIndexEntries()
      var contents = SQLiteBackend.Contents()
      contents.kinds = counter.kinds.values.sorted {
        ($0.database, $0.namespace, $0.kind) < ($1.database, $1.namespace, $1.kind)
      }
      contents.fileBytes = try bytes(ofPages: "page_count", connection)
      contents.freeBytes = try bytes(ofPages: "freelist_count", connection)
      return contents
    }

    private mutating func countEntities() throws {
      let select = try RawStatement.uncached(
        connection, "SELECT key, length(key) + length(data) FROM entity")
      defer { select.reset() }
      while try select.step() {
        let key = try Self.decode(select.blob(0))
        count(Name(namespace: key.namespace, kind: key.kind)) {
          $0.entities += 1
          $0.bytes += Int(select.number(1))
        }
      }
    }

    private mutating func countIndexEntries() throws {
      let select = try RawStatement.uncached(
        connection,
        """
        SELECT path, total FROM property
        JOIN (SELECT property, count(*) AS total FROM entry GROUP BY property) ON property = id
        """)
      defer { select.reset() }
      while try select.step() {
        guard let name = Self.name(ofPath: select.blob(0)) else { continue }
        count(name) { $0.indexEntries += Int(select.number(1)) }
      }
    }

    private mutating func count(
      _ name: Name, _ change: (inout SQLiteBackend.Contents.Kind) -> Void
    ) {
      let scope = DatabaseScope(ofStored: name.namespace)
      let new = SQLiteBackend.Contents.Kind(
        database: scope.name, namespace: scope.visible(namespace: name.namespace) ?? name.namespace,
        kind: name.kind)
      change(&kinds[name, default: new])
    }

    /// The bytes of as many pages as a pragma returns.
    static func bytes(ofPages pragma: String, _ connection: Database) throws -> Int {
      let count = try Int.fetchOne(connection, sql: "PRAGMA \(pragma)") ?? 0
      return count * (try Int.fetchOne(connection, sql: "PRAGMA page_size") ?? 0)
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Key {
      do throws(CorruptBlob) {
        return try KeyCodec.decode(bytes)
      } catch {
        throw DatastoreError(
          .dataLoss, "A key in the datastore cannot be read. Run check() to see what is damaged.",
          cause: error)
      }
    }

    /// Namespace and kind at the beginning of a property's path.
    private static func name(ofPath bytes: UnsafeRawBufferPointer) -> Name? {
      // Namespace and kind are terminated as in a key, and a key goes on with a tag. So with the
      // tag of an incomplete key they are read as a key.
      guard let first = try? IndexCodec.textEnd(bytes, from: 0),
        let second = try? IndexCodec.textEnd(bytes, from: first)
      else { return nil }
      var key = [UInt8](bytes[..<second])
      key.append(KeyCodec.incompleteTag)
      let decoded = key.withUnsafeBytes { bytes in
        Result { () throws(CorruptBlob) in try KeyCodec.decode(bytes) }
      }
      return (try? decoded.get()).map { Name(namespace: $0.namespace, kind: $0.kind) }
    }
  }
#endif

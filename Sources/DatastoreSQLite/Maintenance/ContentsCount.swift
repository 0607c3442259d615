#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Counts entities, bytes and index rows.
  enum ContentsCount {
    private struct Name: Hashable {
      var namespace: String
      var kind: String
    }

    static func run(_ connection: Database) throws -> SQLiteBackend.Contents {
      var kinds: [Name: SQLiteBackend.Contents.Kind] = [:]
      func count(
        _ name: Name, _ change: (inout SQLiteBackend.Contents.Kind) -> Void
      ) {
        change(&kinds[name, default: .init(namespace: name.namespace, kind: name.kind)])
      }
      let entities = try RawStatement.own(
        connection, "SELECT key, length(key) + length(data) FROM entity")
      defer { entities.reset() }
      while try entities.step() {
        let key = try decode(entities.blob(0))
        count(Name(namespace: key.namespace, kind: key.kind)) {
          $0.entities += 1
          $0.bytes += Int(entities.number(1))
        }
      }
      let entries = try RawStatement.own(
        connection,
        """
        SELECT path, total FROM property
        JOIN (SELECT property, count(*) AS total FROM entry GROUP BY property) ON property = id
        """)
      defer { entries.reset() }
      while try entries.step() {
        guard let name = name(ofPath: entries.blob(0)) else { continue }
        count(name) { $0.indexEntries += Int(entries.number(1)) }
      }
      var contents = SQLiteBackend.Contents()
      contents.kinds = kinds.values.sorted {
        ($0.namespace, $0.kind) < ($1.namespace, $1.kind)
      }
      contents.fileBytes = try pages("page_count", connection)
      contents.freeBytes = try pages("freelist_count", connection)
      return contents
    }

    /// The bytes of so many pages as a pragma says.
    static func pages(_ pragma: String, _ connection: Database) throws -> Int {
      let count = try Int.fetchOne(connection, sql: "PRAGMA \(pragma)") ?? 0
      return count * (try Int.fetchOne(connection, sql: "PRAGMA page_size") ?? 0)
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Key {
      do throws(CorruptBlob) {
        return try KeyCodec.decode(bytes)
      } catch {
        throw DatastoreError(
          .dataLoss, "A key in the datastore cannot be read. Run a check to see what is damaged.",
          cause: error)
      }
    }

    /// Namespace and kind at the beginning of a property's path; texts end with a zero byte.
    private static func name(ofPath bytes: UnsafeRawBufferPointer) -> Name? {
      // A path is a namespace, a kind and a name, each ended as in a key; a key's step goes on with
      // a tag, so the first two are read as a key of their own with an incomplete step.
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

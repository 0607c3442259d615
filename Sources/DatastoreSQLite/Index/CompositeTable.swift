#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The definitions of indexes over several properties in a file.
  ///
  /// Every transaction that writes reads them, whichever process defined them and when, and every
  /// query those of its kind: a few rows of one page.
  enum CompositeTable {
    /// The most indexes of one file, the Datastore's limit.
    static let maximumCount = 200

    private static let droppingMark: Int64 = -1

    /// All definitions, the oldest first.
    static func all(_ connection: Database) throws -> [CompositeIndex] {
      let select = try RawStatement(
        connection, "SELECT id, kind, form, built FROM composite ORDER BY id")
      return try read(select)
    }

    /// Those of a kind that queries may use.
    static func ready(_ connection: Database, kind: String) throws -> [CompositeIndex] {
      let select = try RawStatement(
        connection,
        "SELECT id, kind, form, built FROM composite WHERE kind = ? AND built IS NULL ORDER BY id")
      try select.bind(copying: Array(kind.utf8), at: 1)
      return try read(select)
    }

    static func find(
      _ index: SQLiteBackend.Index, _ connection: Database
    ) throws -> CompositeIndex? {
      let select = try RawStatement(
        connection, "SELECT id, kind, form, built FROM composite WHERE kind = ? AND sameness = ?")
      try select.bind(copying: Array(index.kind.utf8), at: 1)
      try select.bind(copying: sameness(of: index), at: 2)
      return try read(select).first
    }

    static func find(id: Int64, _ connection: Database) throws -> CompositeIndex? {
      let select = try RawStatement(
        connection, "SELECT id, kind, form, built FROM composite WHERE id = ?")
      try select.bind(id, at: 1)
      return try read(select).first
    }

    /// Defines an index that has no rows yet.
    static func add(_ index: SQLiteBackend.Index, _ connection: Database) throws {
      let insert = try RawStatement(
        connection, "INSERT INTO composite (kind, sameness, form, built) VALUES (?, ?, ?, 0)")
      try insert.bind(copying: Array(index.kind.utf8), at: 1)
      try insert.bind(copying: sameness(of: index), at: 2)
      try insert.bind(copying: form(of: index), at: 3)
      _ = try insert.run()
    }

    static func set(
      _ state: CompositeIndex.State, of id: Int64, _ connection: Database
    ) throws {
      let built: Int64? =
        switch state {
        case .building(let last): last
        case .ready: nil
        case .dropping: droppingMark
        }
      let update = try RawStatement(connection, "UPDATE composite SET built = ? WHERE id = ?")
      if let built { try update.bind(built, at: 1) }
      try update.bind(id, at: 2)
      _ = try update.run()
    }

    static func remove(id: Int64, _ connection: Database) throws {
      let delete = try RawStatement(connection, "DELETE FROM composite WHERE id = ?")
      try delete.bind(id, at: 1)
      _ = try delete.run()
    }

    private static func read(_ select: RawStatement) throws -> [CompositeIndex] {
      defer { select.reset() }
      var indexes: [CompositeIndex] = []
      while try select.step() {
        let state: CompositeIndex.State
        if select.isNull(3) {
          state = .ready
        } else {
          let built = select.number(3)
          state = built == droppingMark ? .dropping : .building(after: built)
        }
        let kind = String(decoding: select.blob(1), as: UTF8.self)
        do throws(CorruptBlob) {
          indexes.append(
            CompositeIndex(
              id: select.number(0), index: try index(kind, select.blob(2)), state: state))
        } catch {
          throw StoreFailure.corruptIndex(error)
        }
      }
      return indexes
    }

    // MARK: The form

    /// A flag for ancestors, then each property's name and a flag for its direction.
    private static func form(of index: SQLiteBackend.Index) -> [UInt8] {
      var writer = BlobWriter(capacity: 64)
      writer.append(byte: index.includesAncestors ? 1 : 0)
      for property in index.properties {
        writer.append(counted: property.property)
        writer.append(byte: property.direction == .descending ? 1 : 0)
      }
      return writer.bytes
    }

    /// The form with the last property ascending: an index and its reverse have the same rows.
    private static func sameness(of index: SQLiteBackend.Index) -> [UInt8] {
      var index = index
      let last = index.properties.last?.direction
      for place in index.properties.indices {
        let isTurned = index.properties[place].direction != last
        index.properties[place].direction = isTurned ? .descending : .ascending
      }
      return form(of: index)
    }

    private static func index(
      _ kind: String, _ form: UnsafeRawBufferPointer
    ) throws(CorruptBlob) -> SQLiteBackend.Index {
      var reader = BlobReader(form)
      let includesAncestors = try reader.readByte() == 1
      var properties: [QueryOrder] = []
      while reader.remaining > 0 {
        let name = try reader.readText()
        let isDescending = try reader.readByte() == 1
        properties.append(QueryOrder(name, isDescending ? .descending : .ascending))
      }
      return SQLiteBackend.Index(
        kind: kind, properties, includesAncestors: includesAncestors)
    }
  }
#endif

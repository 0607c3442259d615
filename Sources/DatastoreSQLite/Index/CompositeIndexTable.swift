// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The definitions of the composite indexes in a file.
  ///
  /// Any process may add one at any time. So every writing transaction reads all of them, and every
  /// query reads the ones of its kind. They are a few rows of one page.
  enum CompositeIndexTable {
    /// The most composite indexes of one file, as in Google's service.
    static let maxCount = 200

    private static let droppingMark: Int64 = -1

    /// All definitions, the oldest first.
    static func all(_ connection: Database) throws -> [CompositeIndex] {
      let select = try RawStatement(
        connection, "SELECT id, kind, form, built FROM composite ORDER BY id")
      return try read(select)
    }

    /// The indexes of a kind that queries may use, the oldest first.
    static func ready(_ connection: Database, kind: String) throws -> [CompositeIndex] {
      let select = try RawStatement(
        connection,
        "SELECT id, kind, form, built FROM composite WHERE kind = ? AND built IS NULL ORDER BY id")
      try select.bind(copying: Array(kind.utf8), at: 1)
      return try read(select)
    }

    static func find(
      _ definition: SQLiteBackend.Index, _ connection: Database
    ) throws -> CompositeIndex? {
      let select = try RawStatement(
        connection, "SELECT id, kind, form, built FROM composite WHERE kind = ? AND sameness = ?")
      try select.bind(copying: Array(definition.kind.utf8), at: 1)
      try select.bind(copying: canonicalForm(of: definition), at: 2)
      return try read(select).first
    }

    static func find(id: Int64, _ connection: Database) throws -> CompositeIndex? {
      let select = try RawStatement(
        connection, "SELECT id, kind, form, built FROM composite WHERE id = ?")
      try select.bind(id, at: 1)
      return try read(select).first
    }

    /// Adds a definition, whose index has no rows yet.
    static func add(_ definition: SQLiteBackend.Index, _ connection: Database) throws {
      let insert = try RawStatement(
        connection, "INSERT INTO composite (kind, sameness, form, built) VALUES (?, ?, ?, 0)")
      try insert.bind(copying: Array(definition.kind.utf8), at: 1)
      try insert.bind(copying: canonicalForm(of: definition), at: 2)
      try insert.bind(copying: form(of: definition), at: 3)
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
              id: select.number(0), definition: try definition(kind, select.blob(2)),
              state: state))
        } catch {
          throw StoreFailure.corruptIndex(error)
        }
      }
      return indexes
    }

    // MARK: The form in the file

    /// A flag for ancestors, then for each property its name and a flag for its direction.
    private static func form(of index: SQLiteBackend.Index) -> [UInt8] {
      var writer = BlobWriter(capacity: 64)
      writer.append(byte: index.includesAncestors ? 1 : 0)
      for property in index.properties {
        writer.append(counted: property.property)
        writer.append(byte: property.direction == .descending ? 1 : 0)
      }
      return writer.bytes
    }

    /// The form with the last property ascending, by which equal indexes are found.
    ///
    /// An index and its reverse have the same rows, and so the same canonical form.
    private static func canonicalForm(of index: SQLiteBackend.Index) -> [UInt8] {
      var index = index
      let last = index.properties.last?.direction
      for position in index.properties.indices {
        let isInverted = index.properties[position].direction != last
        index.properties[position].direction = isInverted ? .descending : .ascending
      }
      return form(of: index)
    }

    private static func definition(
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

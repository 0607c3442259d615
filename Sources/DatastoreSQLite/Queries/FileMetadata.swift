// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Finds the namespaces, kinds and properties of a file in its index.
  struct FileMetadata {
    private let connection: Database
    private let next: RawStatement

    /// The entities that a query about the datastore itself can find. `nil` for another query.
    ///
    /// - Parameter past: The state to look at; `nil` for the present one, whose index is enough.
    static func entities(
      for request: QueryRequest, _ connection: Database, at past: PastState?
    ) throws -> [(key: [UInt8], entity: Entity)]? {
      guard var metadata = StoreMetadata(for: request) else { return nil }
      if let past {
        try past.forEachEntity(connection, withProperties: metadata.needsProperties) {
          metadata.add($0)
        }
      } else {
        try FileMetadata(connection).collect(&metadata)
      }
      return metadata.entities
    }

    /// The names of the databases that have entities. The default one is empty.
    static func databases(_ connection: Database) throws -> Set<String> {
      var names: Set<String> = []
      let file = try FileMetadata(connection)
      try file.forEachPath { id, key, property in
        guard identicalText(property, PropertyPaths.kindProperty) else { return }
        let name = DatabaseScope(ofStored: key.namespace).name
        if !names.contains(name), try file.first(id, from: []) != nil { names.insert(name) }
      }
      return names
    }

    private init(_ connection: Database) throws {
      self.connection = connection
      next = try RawStatement(
        connection,
        """
        SELECT position FROM entry WHERE property = ?1 AND position >= ?2 ORDER BY position LIMIT 1
        """)
    }

    private func collect(_ metadata: inout StoreMetadata) throws {
      try forEachPath { id, key, property in
        if identicalText(property, PropertyPaths.kindProperty) {
          if try first(id, from: []) != nil {
            metadata.add(kind: key.kind, in: key.namespace)
          }
        } else if metadata.needsProperties {
          for rank in try ranks(id) {
            metadata.add(property: property, of: key.kind, in: key.namespace, rank: rank)
          }
        }
      }
    }

    /// Calls the body with each property that ever had a row: its number, a key with its namespace
    /// and kind, and its name.
    private func forEachPath(
      _ body: (_ id: Int64, _ key: Key, _ property: String) throws -> Void
    ) throws {
      let select = try RawStatement(connection, "SELECT id, path FROM property")
      defer { select.reset() }
      while try select.step() {
        let path = select.blob(1)
        guard CompositeIndex.id(ofPath: path) == nil, let key = Self.key(ofPath: path),
          let property = key.name
        else { continue }
        try body(select.number(0), key, property)
      }
    }

    /// The first byte of the first row of a property that is not before a bound.
    private func first(_ id: Int64, from bound: [UInt8]) throws -> UInt8? {
      defer { next.reset() }
      try next.bind(id, at: 1)
      try next.bind(copying: bound, at: 2)
      return try next.step() ? next.blob(0).first : nil
    }

    /// The types of a property's values. Each is found by one search.
    private func ranks(_ id: Int64) throws -> [UInt8] {
      var ranks: [UInt8] = []
      var bound: UInt8 = 0
      while let rank = try first(id, from: [bound]) {
        ranks.append(rank)
        guard rank < .max else { break }
        bound = rank + 1
      }
      return ranks
    }

    /// Namespace, kind and property of a path, as the key of an entity with that name.
    private static func key(ofPath bytes: UnsafeRawBufferPointer) -> Key? {
      // The three are terminated as in a key, where a tag is in front of a name.
      guard let first = try? IndexCodec.textEnd(bytes, from: 0),
        let second = try? IndexCodec.textEnd(bytes, from: first)
      else { return nil }
      var key = [UInt8](bytes[..<second])
      key.append(KeyCodec.nameTag)
      key += bytes[second...]
      let decoded = key.withUnsafeBytes { bytes in
        Result { () throws(CorruptBlob) in try KeyCodec.decode(bytes) }
      }
      return try? decoded.get()
    }
  }
#endif

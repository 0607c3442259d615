// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension IntegrityCheck {
    /// Looks for rows of the index that belong to no entity.
    ///
    /// All rows of the entities were looked up before. If the index has as many rows as the
    /// entities, and no problem was found, there are no others.
    mutating func checkIndex() throws {
      let unready = Set(
        try composites.filter { $0.state != .ready }.flatMap {
          try CompositeIndexBuilder.propertyIDs(ofIndex: $0.id, connection)
        })
      report.indexEntries = try rowCount(without: unready)
      if report.indexEntries == expectedEntries, report.problems.isEmpty { return }
      let select = try RawStatement.uncached(connection, "SELECT property, position FROM entry")
      defer { select.reset() }
      let find = try RawStatement.uncached(connection, "SELECT data FROM entity WHERE key = ?")
      var wide = WideEntities()
      while try select.step() {
        if unready.contains(select.number(0)) { continue }
        try checkRow(select.blob(1), ofProperty: select.number(0), find, &wide)
      }
    }

    private func rowCount(without unready: Set<Int64>) throws -> Int {
      let total = try Int.fetchOne(connection, sql: "SELECT count(*) FROM entry") ?? 0
      return try unready.reduce(total) { count, propertyID in
        let sql = "SELECT count(*) FROM entry WHERE property = ?"
        return count
          - (try Int.fetchOne(connection, sql: sql, arguments: [propertyID]) ?? 0)
      }
    }

    private mutating func checkRow(
      _ position: UnsafeRawBufferPointer, ofProperty propertyID: Int64, _ find: RawStatement,
      _ wide: inout WideEntities
    ) throws {
      guard let key = try key(of: position, propertyID) else {
        report("A row of the index cannot be read")
        return
      }
      let value = position.prefix(position.count - key.count)
      if let values = wide.values(of: key) {
        if !values.contains(Array(value)) { reportWrongValue(key) }
        return
      }
      defer { find.reset() }
      try find.bind(copying: key, at: 1)
      guard try find.step() else {
        report("A row of the index names \(Self.name(ofKey: key)), which is not there")
        return
      }
      // A damaged entity was reported before.
      guard let decoded = try? key.withUnsafeBytes({ try KeyCodec.decode($0) }),
        let properties = try? key.withUnsafeBytes({
          try EntityCodec.decode(find.blob, of: $0)
        })
      else { return }
      let entries = entries(of: Entity(decoded, properties), decoded)
      if !entries.contains(where: { value.elementsEqual($0.value) }) { reportWrongValue(key) }
      wide.add(entries, of: key)
    }

    private mutating func reportWrongValue(_ key: [UInt8]) {
      report("A row of the index gives \(Self.name(ofKey: key)) a value that it does not have")
    }

    static func name(ofKey key: [UInt8]) -> String {
      (try? key.withUnsafeBytes { try KeyCodec.decode($0) }).map { "\($0)" } ?? "no key"
    }

    /// The key in a position, after the value. The row that says of which kind an entity is has no
    /// value.
    private func key(
      of position: UnsafeRawBufferPointer, _ propertyID: Int64
    ) throws -> [UInt8]? {
      let path = try path(of: propertyID)
      if let id = path.withUnsafeBytes(CompositeIndex.id(ofPath:)) {
        guard let index = composites.first(where: { $0.id == id }),
          let length = try? CompositeIndex.length(of: position, from: 0, inverted: index.inverted)
        else { return nil }
        return [UInt8](position[length...])
      }
      if path.suffix(PropertyPaths.kindProperty.utf8.count + 2)
        .elementsEqual([0] + PropertyPaths.kindProperty.utf8 + [0]),
        (try? KeyCodec.decode(position)) != nil
      {
        return [UInt8](position)
      }
      guard let length = try? IndexCodec.length(of: position, from: 0) else { return nil }
      return [UInt8](position[length...])
    }

    private func path(of propertyID: Int64) throws -> [UInt8] {
      let select = try RawStatement(connection, "SELECT path FROM property WHERE id = ?")
      defer { select.reset() }
      try select.bind(propertyID, at: 1)
      return try select.step() ? [UInt8](select.blob) : []
    }
  }

  /// The values of the last entities with many rows, so that they are not computed for each row
  /// again.
  private struct WideEntities {
    private static let minEntries = 100
    private static let maxEntities = 16

    private var known: [[UInt8]: Set<[UInt8]>] = [:]

    func values(of key: [UInt8]) -> Set<[UInt8]>? { known[key] }

    mutating func add(_ entries: [IndexEntry], of key: [UInt8]) {
      guard entries.count >= Self.minEntries else { return }
      if known.count == Self.maxEntities { known = [:] }
      known[key] = Set(entries.map(\.value))
    }
  }
#endif

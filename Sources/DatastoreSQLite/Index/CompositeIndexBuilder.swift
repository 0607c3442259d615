// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Fills a composite index with the stored entities, and empties it, one portion in a
  /// transaction.
  ///
  /// Commits of all processes go on between the portions. If a process dies, the file says where to
  /// go on. Two processes that build one index help each other, because each portion begins where
  /// the file says. An entity written meanwhile got its rows from its commit, and writing them
  /// again changes nothing.
  enum CompositeIndexBuilder {
    /// The most entities of one transaction: enough to write rows in the order of the tree, and few
    /// enough that others do not wait for long.
    static let portion = 10_000
    /// The number of rows after which a transaction takes no more entities.
    private static let maxRows = 20_000

    /// Whether another portion must follow.
    enum Progress { case unfinished, finished }

    /// Fills in the next portion.
    static func fill(
      id: Int64, portion: Int = portion, _ propertyIDs: PropertyIDs, _ connection: Database
    ) throws -> Progress {
      guard let index = try CompositeIndexTable.find(id: id, connection), index.state != .dropping
      else {
        throw DatastoreError(
          .aborted,
          "The index was dropped while it was being built. Create it again if you still need it.")
      }
      guard case .building(let last) = index.state else { return .finished }
      var part = try Portion(of: index, after: last, connection)
      try part.read(atMost: portion, connection)
      let paths = part.update.paths.paths
      let ids = try propertyIDs.findOrCreate(paths, connection)
      var rows = IndexRowWriter()
      part.update.move(to: &rows, ids)
      try rows.write(connection)
      try CompositeIndexTable.set(
        part.isAtEnd ? .ready : .building(after: part.last), of: id, connection)
      return part.isAtEnd ? .finished : .unfinished
    }

    /// The entities of one transaction, and their rows.
    private struct Portion {
      private let index: CompositeIndex
      /// The other indexes of the kind, ready or being built. They count for the limit of rows.
      private let others: [CompositeIndex]
      private var singleProperties = PropertyPaths()
      private(set) var update: IndexUpdate
      /// The rowid of the last entity.
      private(set) var last: Int64
      private(set) var isAtEnd = false
      private var rows = 0

      init(of index: CompositeIndex, after last: Int64, _ connection: Database) throws {
        self.index = index
        self.last = last
        update = IndexUpdate(PropertyPaths(), [index])
        others = try CompositeIndexTable.all(connection).filter {
          $0.id != index.id && $0.state != .dropping
            && identicalText($0.definition.kind, index.definition.kind)
        }
      }

      mutating func read(atMost limit: Int, _ connection: Database) throws {
        let select = try RawStatement(
          connection, "SELECT id, key, data FROM entity WHERE id > ? ORDER BY id")
        defer { select.reset() }
        try select.bind(last, at: 1)
        var count = 0
        while try select.step() {
          if count == limit || rows > maxRows { return }
          count += 1
          last = select.number(0)
          try add(select)
        }
        isAtEnd = true
      }

      /// Adds the rows of the entity in the current row of a statement.
      private mutating func add(_ select: RawStatement) throws {
        // A damaged entity gets no rows: lookups report the damage, and queries do not find it.
        guard let key = try? KeyCodec.decode(select.blob(1)),
          identicalText(key.kind, index.definition.kind),
          let properties = try? EntityCodec.decode(select.blob(2), of: select.blob(1))
        else { return }
        let entity = Entity(nil, properties)
        let rowsElsewhere = others.reduce(singleProperties.entries(of: entity, key: key).count) {
          $0 + $1.rowCount(of: entity, key: key)
        }
        rows += try update.insertComposites(
          of: entity, at: EntityRow(key: key, keyBytes: [UInt8](select.blob(1)), id: last),
          others: rowsElsewhere)
      }
    }

    /// Removes the next portion of rows, and the definition with the last one.
    static func empty(id: Int64, portion: Int = portion, _ connection: Database) throws -> Progress
    {
      var left = portion
      let delete = try RawStatement(
        connection,
        """
        DELETE FROM entry WHERE property = ?1 AND position IN
          (SELECT position FROM entry WHERE property = ?1 LIMIT ?2)
        """)
      for propertyID in try propertyIDs(ofIndex: id, connection) where left > 0 {
        try delete.bind(propertyID, at: 1)
        try delete.bind(Int64(left), at: 2)
        left -= try delete.run()
      }
      if left == 0 { return .unfinished }
      try CompositeIndexTable.remove(id: id, connection)
      return .finished
    }

    /// The numbers of an index's paths, one for each namespace.
    static func propertyIDs(ofIndex id: Int64, _ connection: Database) throws -> [Int64] {
      let select = try RawStatement(connection, "SELECT id, path FROM property")
      defer { select.reset() }
      var ids: [Int64] = []
      while try select.step() {
        guard CompositeIndex.id(ofPath: select.blob(1)) == id else { continue }
        ids.append(select.number(0))
      }
      return ids
    }
  }
#endif

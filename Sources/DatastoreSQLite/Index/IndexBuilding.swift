#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Fills an index over several properties with what is stored, and empties it, a portion in each
  /// transaction: commits of all processes go on between them, and a process that dies leaves a
  /// place to go on from.
  ///
  /// Two that build one index help each other, for each begins where the file says. Entities written
  /// meanwhile have their rows from their commit; to write those again changes nothing.
  enum IndexBuilding {
    /// The most entities and rows of one transaction: enough to write in the order of the tree, and
    /// little enough that others need not wait for long.
    static let portion = 10_000
    private static let maximumRows = 20_000

    /// What is to be done next.
    enum Step { case goOn, finished }

    /// Fills in the next portion.
    static func fill(
      id: Int64, portion: Int = portion, _ names: IndexNames, _ connection: Database
    ) throws -> Step {
      guard let index = try CompositeTable.find(id: id, connection), index.state != .dropping
      else {
        throw DatastoreError(
          .aborted, "The index was dropped while it was built. Create it again if it is wanted.")
      }
      guard case .building(var last) = index.state else { return .finished }
      let select = try RawStatement(
        connection, "SELECT id, key, data FROM entity WHERE id > ? ORDER BY id")
      // Those that queries use, and those that another process builds meanwhile.
      let others = try CompositeTable.all(connection).filter {
        $0.id != id && $0.state != .dropping
          && IndexNameTable.isSame($0.index.kind, index.index.kind)
      }
      var table = IndexNameTable()
      var changes = IndexUpdate(IndexNameTable(), [index])
      var (count, rows) = (0, 0)
      var isAtEnd = true
      do {
        defer { select.reset() }
        try select.bind(last, at: 1)
        while try select.step() {
          if count == portion || rows > maximumRows {
            isAtEnd = false
            break
          }
          count += 1
          last = select.number(0)
          // What is damaged has no rows: reading it says so, and queries do not find it.
          guard let key = try? KeyCodec.decode(select.blob(1)),
            IndexNameTable.isSame(key.kind, index.index.kind),
            let properties = try? EntityCodec.decode(select.blob(2), of: select.blob(1))
          else { continue }
          let entity = Entity(nil, properties)
          let rowsElsewhere = others.reduce(table.entries(of: entity, key: key).count) {
            $0 + $1.rowCount(of: entity, key: key)
          }
          rows += try changes.insertComposites(
            of: entity, key: key, bytes: [UInt8](select.blob(1)), number: last,
            others: rowsElsewhere)
        }
      }
      let paths = changes.names.paths
      let numbers = try names.numbers(paths, connection)
      var added = IndexRows()
      changes.move(to: &added, numbers)
      try added.write(connection)
      try CompositeTable.set(isAtEnd ? .ready : .building(after: last), of: id, connection)
      return isAtEnd ? .finished : .goOn
    }

    /// Removes the next portion of rows, and with the last the definition.
    static func empty(id: Int64, portion: Int = portion, _ connection: Database) throws -> Step {
      var left = portion
      let delete = try RawStatement(
        connection,
        """
        DELETE FROM entry WHERE property = ?1 AND position IN
          (SELECT position FROM entry WHERE property = ?1 LIMIT ?2)
        """)
      for number in try numbers(ofIndex: id, connection) where left > 0 {
        try delete.bind(number, at: 1)
        try delete.bind(Int64(left), at: 2)
        left -= try delete.run()
      }
      if left == 0 { return .goOn }
      try CompositeTable.remove(id: id, connection)
      return .finished
    }

    /// What an index is called in each namespace.
    static func numbers(ofIndex id: Int64, _ connection: Database) throws -> [Int64] {
      let select = try RawStatement(connection, "SELECT id, path FROM property")
      defer { select.reset() }
      var numbers: [Int64] = []
      while try select.step() {
        guard CompositeIndex.id(ofPath: select.blob(1)) == id else { continue }
        numbers.append(select.number(0))
      }
      return numbers
    }
  }
#endif

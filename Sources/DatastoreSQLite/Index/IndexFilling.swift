#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Fills the index of a file that had none, inside the transaction that creates its table.
  enum IndexFilling {
    /// How many entities are indexed at a time: enough to write in the order of the tree, and little
    /// enough for memory.
    private static let portion = 10_000

    static func fill(_ connection: Database) throws {
      let names = IndexNames()
      let select = try RawStatement(
        connection, "SELECT id, key, data FROM entity WHERE id > ? ORDER BY id LIMIT \(portion)")
      var last = Int64.min
      var count = portion
      while count == portion {
        var update = IndexUpdate(IndexNameTable(), [])
        count = 0
        do {
          defer { select.reset() }
          try select.bind(last, at: 1)
          while try select.step() {
            count += 1
            last = select.number(0)
            // What is damaged has no rows: reading it says so, and queries do not find it.
            guard let key = try? KeyCodec.decode(select.blob(1)),
              let properties = try? EntityCodec.decode(select.blob(2), of: select.blob(1))
            else { continue }
            update.insert(
              Entity(nil, properties), key: key, bytes: [UInt8](select.blob(1)), number: last)
          }
        }
        let paths = update.names.paths
        let numbers = try names.numbers(paths, connection)
        var rows = IndexRows()
        update.move(to: &rows, numbers)
        try rows.write(connection)
        names.remember(paths, numbers)
      }
    }
  }
#endif

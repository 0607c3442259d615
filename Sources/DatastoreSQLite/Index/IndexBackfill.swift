// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Indexes the entities of a file that had no index, in the transaction that creates the table.
  enum IndexBackfill {
    /// How many entities are indexed at a time: enough to write rows in the order of the tree, and
    /// few enough for memory.
    private static let portion = 10_000

    static func run(_ connection: Database) throws {
      let propertyIDs = PropertyIDs()
      var last = Int64.min
      var count = portion
      while count == portion {
        var update = IndexUpdate(PropertyPaths(), [])
        count = try read(after: &last, into: &update, connection)
        let paths = update.paths.paths
        let ids = try propertyIDs.findOrCreate(paths, connection)
        var rows = IndexRowWriter()
        update.move(to: &rows, ids)
        try rows.write(connection)
        propertyIDs.remember(paths, ids)
      }
    }

    /// Reads the next portion of entities; returns how many there are.
    private static func read(
      after last: inout Int64, into update: inout IndexUpdate, _ connection: Database
    ) throws -> Int {
      let select = try RawStatement(
        connection, "SELECT id, key, data FROM entity WHERE id > ? ORDER BY id LIMIT \(portion)")
      var count = 0
      defer { select.reset() }
      try select.bind(last, at: 1)
      while try select.step() {
        count += 1
        last = select.number(0)
        // A damaged entity gets no rows: lookups report the damage, and queries do not find it.
        guard let key = try? KeyCodec.decode(select.blob(1)),
          let properties = try? EntityCodec.decode(select.blob(2), of: select.blob(1))
        else { continue }
        update.insert(
          Entity(nil, properties),
          at: EntityRow(key: key, keyBytes: [UInt8](select.blob(1)), id: last))
      }
      return count
    }
  }
#endif

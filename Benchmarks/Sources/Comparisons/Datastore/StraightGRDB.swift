// SPDX-License-Identifier: Apache-2.0
internal import GRDB

/// Writes the rows directly with GRDB, as its guide recommends for speed.
struct StraightGRDB {
  static let transactionSize = 500
  let pool: DatabasePool

  init(path: String) throws {
    var configuration = Configuration()
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -16384") }
    pool = try DatabasePool(path: path, configuration: configuration)
    try pool.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          CREATE TABLE row (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            code TEXT, city TEXT, region TEXT, comment TEXT, source TEXT) STRICT
          """)
      // `DatabasePool` has set NORMAL.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
        fatalError("synchronous is not FULL")
      }
    }
  }

  func write(_ rows: [BenchmarkRow]) throws {
    for start in stride(from: 0, to: rows.count, by: Self.transactionSize) {
      try pool.write { database in
        let statement = try database.cachedStatement(
          sql: """
            INSERT INTO row (name, code, city, region, comment, source) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET code = excluded.code, city = excluded.city,
              region = excluded.region, comment = excluded.comment, source = excluded.source
            """)
        for row in rows[start..<min(start + Self.transactionSize, rows.count)] {
          try statement.execute(arguments: [row.name] + StatementArguments(row.fields))
        }
      }
    }
  }

  /// One query per row, 1,000 in a transaction.
  func readEach(_ rows: [BenchmarkRow]) throws {
    for start in stride(from: 0, to: rows.count, by: 1000) {
      try pool.read { database in
        let statement = try database.cachedStatement(
          sql: "SELECT name, code, city, region, comment, source FROM row WHERE name = ?")
        for row in rows[start..<min(start + 1000, rows.count)] {
          use(try Row.fetchOne(statement, arguments: [row.name]).map(Self.decoded))
        }
      }
    }
  }

  /// One query for 1,000 rows.
  func readMany(_ rows: [BenchmarkRow]) throws {
    for start in stride(from: 0, to: rows.count, by: 1000) {
      let names = rows[start..<min(start + 1000, rows.count)].map(\.name)
      try pool.read { database in
        let marks = databaseQuestionMarks(count: names.count)
        let statement = try database.cachedStatement(
          sql:
            "SELECT name, code, city, region, comment, source FROM row WHERE name IN (\(marks))")
        let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(names))
        var found: [String: BenchmarkRow] = [:]
        while let row = try cursor.next() {
          let decoded = Self.decoded(row)
          found[decoded.name] = decoded
        }
        use(found)
      }
    }
  }

  private static func decoded(_ row: Row) -> BenchmarkRow {
    BenchmarkRow(name: row[0], fields: [row[1], row[2], row[3], row[4], row[5]])
  }
}

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB

  /// The tables of a file, and the steps that migrate a file of an older version.
  ///
  /// The version is the number of steps taken. It is in the file's header (`user_version`), where
  /// it can be read before the file is opened for writing. GRDB's migrator is not used: it keeps
  /// names in a table and reads them before it takes the lock, so two processes that open a new
  /// file together would both create the tables.
  struct Schema: Sendable {
    /// Marks the file as a datastore (`application_id`): "Arvl".
    static let applicationID: Int32 = 0x4172_766C

    /// Migrates a file to the next version: with SQL, and code that fills new tables from old ones.
    struct Step: Sendable {
      var sql: String
      var fill: (@Sendable (Database) throws -> Void)?
    }

    /// All steps. A released step never changes; new steps come at the end.
    var steps: [Step]

    var version: Int32 { Int32(steps.count) }

    /// The schema of this version of the library.
    ///
    /// `entity` is a rowid table with a unique key. A `WITHOUT ROWID` table, which keeps the blob
    /// in the tree of keys, inserts five times slower. The index names an entity by its key, and
    /// adds its rowid as a hint.
    ///
    /// `entry` is the index. It names a property by a number, because a name would be most of a
    /// row. A position is value and key in one, see ``IndexEntry``, so rows sort as results do.
    ///
    /// `reserved` and `sequence` are explained at ``ReservedIDs``.
    ///
    /// - Parameter fillIndex: Indexes all entities of a file that had no index.
    static func make(
      fillIndex: @escaping @Sendable (Database) throws -> Void
    ) -> Schema {
      Schema(steps: [
        Step(
          sql: """
            CREATE TABLE entity (
              id INTEGER PRIMARY KEY,
              key BLOB NOT NULL UNIQUE,
              data BLOB NOT NULL
            ) STRICT
            """),
        Step(
          sql: """
            CREATE TABLE property (
              id INTEGER PRIMARY KEY,
              path BLOB NOT NULL UNIQUE
            ) STRICT;
            CREATE TABLE entry (
              property INTEGER NOT NULL,
              position BLOB NOT NULL,
              several INTEGER NOT NULL,
              PRIMARY KEY (property, position)
            ) STRICT, WITHOUT ROWID
            """, fill: fillIndex),
        // From version 3 on entities end with a checksum, which programs of version 2 cannot read.
        // The count of allocated IDs begins at random, so that a file that replaces another one
        // does not repeat the other's IDs, which clients may still know.
        Step(
          sql: """
            CREATE TABLE reserved (key BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
            CREATE TABLE sequence (allocated INTEGER NOT NULL) STRICT;
            INSERT INTO sequence VALUES (random() & ((1 << 51) - 1))
            """),
        // Composite indexes. AUTOINCREMENT never reuses an ID, so a row that a dropped index left
        // behind can never belong to another index.
        Step(
          sql: """
            CREATE TABLE composite (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              kind BLOB NOT NULL,
              sameness BLOB NOT NULL,
              form BLOB NOT NULL,
              built INTEGER,
              UNIQUE (kind, sameness)
            ) STRICT
            """),
        // Index rows have the entity's rowid beside the flag, see ``EntryTarget``. Another column
        // would do, but adding one makes newer versions of SQLite read the whole strict table.
        Step(sql: "ALTER TABLE entry RENAME COLUMN several TO target"),
        // Versions, times and earlier states. `updated` is the time of the commit that wrote the
        // entity, in microseconds, and its version. `age` is how much earlier it was created, which
        // takes no room for an entity that was written once. Both are in front of the data, where
        // they can be read without it. Times of a file that had none begin with the migration.
        Step(
          sql: """
            ALTER TABLE entity RENAME TO timeless;
            CREATE TABLE entity (
              id INTEGER PRIMARY KEY,
              key BLOB NOT NULL UNIQUE,
              updated INTEGER NOT NULL,
              age INTEGER NOT NULL,
              data BLOB NOT NULL
            ) STRICT;
            INSERT INTO entity (id, key, updated, age, data)
              SELECT id, key, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000,
                0, data FROM timeless ORDER BY id;
            DROP TABLE timeless;
            CREATE TABLE history (
              id INTEGER PRIMARY KEY,
              key BLOB NOT NULL,
              ended INTEGER NOT NULL,
              updated INTEGER NOT NULL,
              age INTEGER NOT NULL,
              data BLOB NOT NULL
            ) STRICT;
            CREATE INDEX history_key ON history (key, ended);
            CREATE TABLE clock (
              committed INTEGER NOT NULL,
              horizon INTEGER NOT NULL,
              history INTEGER NOT NULL
            ) STRICT;
            INSERT INTO clock
              SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000, 0, 0;
            UPDATE clock SET horizon = committed
            """),
        // Which log belongs to the file, see ``Lineage``. The clock has one row.
        Step(
          sql: """
            ALTER TABLE clock ADD COLUMN lineage INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE clock ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE clock ADD COLUMN salts INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE clock ADD COLUMN mark INTEGER NOT NULL DEFAULT 0
            """),
      ])
    }

    /// Whose file a connection has found.
    enum State: Equatable {
      case empty
      case ours(version: Int32)
      case foreign
    }

    func state(_ connection: Database) throws -> State {
      let id = try Int32.fetchOne(connection, sql: "PRAGMA application_id") ?? 0
      let version = try Int32.fetchOne(connection, sql: "PRAGMA user_version") ?? 0
      if id == Self.applicationID { return .ours(version: version) }
      let objects = try Int.fetchOne(connection, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
      return id == 0 && version == 0 && objects == 0 ? .empty : .foreign
    }

    /// Migrates an empty or older file in one transaction.
    ///
    /// A file of another program, or of a newer version, is not touched.
    ///
    /// - Returns: Whose file it was before.
    func migrate(_ connection: Database) throws -> State {
      var before = State.foreign
      try connection.inTransaction(.immediate) {
        before = try state(connection)
        let first: Int
        switch before {
        case .foreign: return .rollback
        case .empty: first = 0
        case .ours(let version):
          guard version < self.version else { return .rollback }
          first = Int(max(version, 0))
        }
        for step in steps[first...] { try connection.execute(sql: step.sql) }
        // These come last, because they write as this version does.
        for step in steps[first...] { try step.fill?(connection) }
        try connection.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
        try connection.execute(sql: "PRAGMA user_version = \(version)")
        return .commit
      }
      return before
    }
  }
#endif

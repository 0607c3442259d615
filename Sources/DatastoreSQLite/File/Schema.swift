#if SQLite
  internal import GRDB

  /// The tables, and how a file of an older version becomes one of this version.
  ///
  /// The version is the number of steps taken, in the file's header (`user_version`), where it can
  /// be read before the file is opened for writing. GRDB's migrator keeps names in a table, and
  /// reads them before it takes the lock, so two processes that open one new file together would
  /// both create the tables.
  struct Schema: Sendable {
    /// Marks the file as ours (`application_id`): "Arvl".
    static let applicationID: Int32 = 0x4172_766C

    /// What takes a file from one version to the next: SQL, and what fills new tables from old
    /// ones.
    struct Step: Sendable {
      var sql: String
      var fill: (@Sendable (Database) throws -> Void)?
    }

    /// Released steps never change; new ones come at the end.
    var steps: [Step]

    var version: Int32 { Int32(steps.count) }

    /// The blob lies in a rowid table with a unique key, as a `WITHOUT ROWID` table that holds it
    /// in its tree inserts five times slower. Rows of later index tables name the entity by its
    /// key; its number is a hint.
    ///
    /// The index names a property by a number, for a name in each row would be most of it; the rows
    /// are those of ``IndexEntry``, value and key in one, so that they sort as results do.
    ///
    /// Keys are reserved whose IDs could be drawn or counted otherwise: see ``ReservedIDs``.
    static let current = Schema(steps: [
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
          """, fill: { try IndexFilling.fill($0) }),
      // Entities end with a checksum from here on, which programs of version 2 cannot read.
      Step(
        sql: """
          CREATE TABLE reserved (key BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
          CREATE TABLE sequence (allocated INTEGER NOT NULL) STRICT;
          INSERT INTO sequence VALUES (0)
          """),
      // Indexes over several properties. A number is never given again, so that rows of an index
      // that was dropped can be no other's.
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
      // Rows of the index have the entity's number beside the flag, see ``EntryTarget``. A column
      // more would do, but newer versions of SQLite then read the whole of a strict table.
      Step(sql: "ALTER TABLE entry RENAME COLUMN several TO target"),
    ])

    /// What a connection finds in the file.
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

    /// Takes an empty or older file to this version in one transaction, and returns what was there
    /// before.
    ///
    /// A file that is not ours or newer is not touched.
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
        // Last, for they write as this version does.
        for step in steps[first...] { try step.fill?(connection) }
        try connection.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
        try connection.execute(sql: "PRAGMA user_version = \(version)")
        return .commit
      }
      return before
    }
  }
#endif

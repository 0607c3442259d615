// SPDX-License-Identifier: Apache-2.0
// The folder `File` has everything about the file as a whole: how it is opened, its header, tables
// and version, the statements that run on it, and the errors that SQLite reports.

#if SQLite
  internal import DatastoreModel
  private import Foundation
  internal import GRDB
  private import GRDBSQLite

  /// Opens the file of a ``SQLiteBackend``, or says why it cannot be opened.
  ///
  /// The order matters. The header is read first, without a lock and without SQLite's recovery, so
  /// that a file of another program is left alone byte for byte. A new file gets its tables, and
  /// with them the mark that it is a datastore, before it is switched to write-ahead logging. So
  /// the header always tells whose file it is, whatever is still in the log.
  struct StoreFile {
    let path: String
    let configuration: SQLiteBackend.Configuration
    let schema: Schema

    /// The path that SQLite gets, which is absolute.
    ///
    /// SQLite gives "" and ":memory:" another meaning. It also opens the readers later, when the
    /// current folder may be another one.
    var location: String {
      path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    func open() throws -> any DatabaseWriter {
      guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreFailure.unusablePath(path) }
      return try StoreFailure.translating(path, .open) { try retryingWhileBusy { try openOnce() } }
    }

    /// Repeats an attempt until the busy timeout is over.
    ///
    /// SQLite itself does not wait while another process switches the journal mode or closes the
    /// file.
    func retryingWhileBusy<T>(_ attempt: () throws -> T) throws -> T {
      let clock = ContinuousClock()
      let deadline = clock.now + configuration.busyTimeout
      while true {
        do {
          return try attempt()
        } catch let error as DatabaseError where StoreFailure.isBusy(error) {
          guard clock.now < deadline else { throw error }
          sleepBriefly()
        }
      }
    }

    static func openInMemory(schema: Schema) throws -> any DatabaseWriter {
      try StoreFailure.translating(nil, .open) {
        let queue = try DatabaseQueue()
        _ = try queue.inDatabase { try schema.migrate($0) }
        return queue
      }
    }

    /// Opens a database that is gone when it is closed. SQLite keeps up to the size of the cache
    /// in memory, and the rest in a file that has no name, so that nothing is left of it.
    static func openTemporary(
      configuration: SQLiteBackend.Configuration, schema: Schema
    ) throws -> any DatabaseWriter {
      try StoreFailure.translating(nil, .open) {
        var settings = GRDB.Configuration()
        settings.allowsUnsafeTransactions = true
        settings.label = "arrival.sqlite"
        settings.prepareDatabase { connection in
          let kibibytes = max(1, configuration.cacheBytes / 1024)
          try connection.execute(sql: "PRAGMA cache_size = -\(kibibytes)")
        }
        let queue = try DatabaseQueue(path: "", configuration: settings)
        _ = try queue.inDatabase { try schema.migrate($0) }
        return queue
      }
    }

    private func openOnce() throws -> any DatabaseWriter {
      switch try StoreHeader.read(location) {
      case .absent, .empty:
        try prepare()
      case .notADatabase:
        throw StoreFailure.notADatabase(path)
      case .database(let header):
        guard header.applicationID == Schema.applicationID else { throw StoreFailure.foreign(path) }
        if header.version > schema.version {
          throw StoreFailure.newer(path, header.version, known: schema.version)
        }
        try MovedFile.checkLog(of: header, at: location, path)
        try MovedFile.checkPair(at: location, path)
        if header.version < schema.version || !header.isWriteAheadLogged { try prepare() }
      }
      let hadEmptyLog = LogSalts.read(MovedFile.log(of: location)) == 0
      let pool = try DatabasePool(path: location, configuration: grdbConfiguration())
      do {
        try pool.writeWithoutTransaction { connection in
          // SQLite opens a file that this process may not write all the same.
          if sqlite3_db_readonly(connection.sqliteConnection, "main") == 1 {
            throw StoreFailure.notWritable(path)
          }
          try makeDurable(connection)
          Lineage.begin(connection, hadEmptyLog: hadEmptyLog, busyTimeout: busyMilliseconds)
        }
      } catch {
        try? pool.close()
        throw error
      }
      return pool
    }

    /// Creates the tables or migrates them, then switches to write-ahead logging.
    private func prepare() throws {
      let queue = try DatabaseQueue(path: location, configuration: grdbConfiguration())
      defer { try? queue.close() }
      try queue.inDatabase { connection in
        try check(try schema.migrate(connection))
        // Otherwise the version might be only in the log, where reading the header does not see it.
        _ = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        let mode = try String.fetchOne(connection, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
          throw StoreFailure.notDurable(path, "journal_mode=\(mode ?? "-")")
        }
      }
    }

    /// Makes commits survive a loss of power.
    ///
    /// GRDB's pool sets `synchronous` to NORMAL while it opens, and a loss of power could then lose
    /// a commit. So this sets it after opening, and checks that SQLite has accepted it.
    private func makeDurable(_ connection: Database) throws {
      try check(try schema.state(connection))
      try connection.execute(sql: "PRAGMA synchronous = FULL")
      let level = try Int.fetchOne(connection, sql: "PRAGMA synchronous")
      let mode = try String.fetchOne(connection, sql: "PRAGMA journal_mode")
      guard level == 2, mode == "wal" else {
        throw StoreFailure.notDurable(
          path, "synchronous=\(level ?? -1), journal_mode=\(mode ?? "-")")
      }
    }

    /// Checks again whose file it is. The header was read without a lock; this connection has one.
    func check(_ state: Schema.State) throws {
      switch state {
      case .foreign: throw StoreFailure.foreign(path)
      case .ours(let version) where version > schema.version:
        throw StoreFailure.newer(path, version, known: schema.version)
      case .ours, .empty: break
      }
    }

    /// Closes a database. Its log is then in the file that was opened.
    static func close(_ database: any DatabaseWriter, _ path: String?) throws {
      guard let pool = database as? DatabasePool else { return try database.close() }
      let check = Result {
        try pool.writeWithoutTransaction { connection in
          guard MovedFile.isMoved(connection) else { return }
          try MovedFile.emptyLog(connection)
          try MovedFile.check(connection, path)
        }
      }
      try pool.close()
      try check.get()
      checkpointAfterClose(of: pool)
    }

    /// Writes the log of a closed pool back into its file, unless others have the file open.
    ///
    /// SQLite does so when the last connection closes, if that connection may write, but GRDB
    /// closes the writer before the readers. Dropping the readers first was tried and is not
    /// enough: a reader stays open for a moment after its caller has its reply. If this fails the
    /// log stays, and nothing is lost.
    private static func checkpointAfterClose(of pool: DatabasePool) {
      guard
        let escaped = pool.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed),
        // "rw" does not create the file if it was removed meanwhile.
        let last = try? DatabaseQueue(
          path: "file:\(escaped)?mode=rw", configuration: pool.configuration)
      else { return }
      _ = try? last.inDatabase { try Int.fetchOne($0, sql: "PRAGMA user_version") }
      try? last.close()
    }

    private var busySeconds: Double {
      let parts = max(configuration.busyTimeout, .zero).components
      return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }

    private var busyMilliseconds: Int { Int(min(busySeconds * 1_000, 1e9)) }

    func grdbConfiguration() -> GRDB.Configuration {
      var result = GRDB.Configuration()
      result.busyMode = .timeout(busySeconds)
      result.maximumReaderCount = max(1, configuration.maxReaders)
      // Without this GRDB traps after a failing disk has prevented a rollback. The next commit
      // rolls back instead.
      result.allowsUnsafeTransactions = true
      result.label = "arrival.sqlite"
      let cacheBytes = configuration.cacheBytes
      let milliseconds = busyMilliseconds
      result.prepareDatabase { connection in
        let bytes = connection.configuration.readonly ? cacheBytes / 8 : cacheBytes
        try connection.execute(sql: "PRAGMA cache_size = -\(max(1, bytes / 1024))")
        // GRDB's readers wait for ten seconds, whatever is set above.
        try connection.execute(sql: "PRAGMA busy_timeout = \(milliseconds)")
        // Index rows lie all over the file, and a page that several commits change needs to be
        // written back only once. So checkpoint after 32 MiB of log and not after 4.
        try connection.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
        // On Apple's systems only this makes the drive itself write.
        try connection.execute(sql: "PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1")
      }
      return result
    }
  }

  /// Sleeps for three milliseconds on the calling thread, which waits for the file anyway.
  private func sleepBriefly() {
    var time = timespec(tv_sec: 0, tv_nsec: 3_000_000)
    nanosleep(&time, nil)
  }
#endif

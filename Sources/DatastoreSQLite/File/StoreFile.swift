#if SQLite
  internal import DatastoreModel
  private import Foundation
  internal import GRDB

  /// Opens the file of a ``SQLiteBackend``, or says why not.
  ///
  /// The order matters. The header is read first, without a lock and without SQLite's recovery, so
  /// that a file which is not ours is left alone byte for byte. A new file gets its tables, and
  /// with them the mark that it is ours, before it is switched to write-ahead logging: so the
  /// header always tells the truth about whose it is, whatever is still in the log.
  struct StoreFile {
    let path: String
    let configuration: SQLiteBackend.Configuration
    let schema: Schema

    /// The path for SQLite, which would take "" and ":memory:" for something else, and opens the
    /// readers later, when the current folder may be another.
    var location: String {
      path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    func open() throws -> any DatabaseWriter {
      guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreFailure.unusable(path) }
      return try StoreFailure.translating(path, .open) { try waitingWhileBusy { try attempt() } }
    }

    /// SQLite does not wait by itself when another process switches the journal mode or closes the
    /// file.
    func waitingWhileBusy<T>(_ attempt: () throws -> T) throws -> T {
      let clock = ContinuousClock()
      let deadline = clock.now + configuration.busyTimeout
      while true {
        do {
          return try attempt()
        } catch let error as DatabaseError where StoreFailure.isBusy(error) {
          guard clock.now < deadline else { throw error }
          BriefPause.take()
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

    private func attempt() throws -> any DatabaseWriter {
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
        if header.version < schema.version || !header.isWriteAheadLogged { try prepare() }
      }
      let pool = try DatabasePool(path: location, configuration: grdbConfiguration())
      do {
        try pool.writeWithoutTransaction { try makeDurable($0) }
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
        // Otherwise the version could lie in the log alone, where the header's reader does not see
        // it.
        _ = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        let mode = try String.fetchOne(connection, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
          throw StoreFailure.notDurable(path, "journal_mode=\(mode ?? "-")")
        }
      }
    }

    /// GRDB's pool sets `synchronous` to NORMAL while it opens, and a commit could then be lost
    /// with the power: set it after that, and see that it holds.
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

    /// The header was read without a lock; this is the word of a connection that has one.
    func check(_ state: Schema.State) throws {
      switch state {
      case .foreign: throw StoreFailure.foreign(path)
      case .ours(let version) where version > schema.version:
        throw StoreFailure.newer(path, version, known: schema.version)
      case .ours, .empty: break
      }
    }

    /// Writes the log of a pool that was closed back into its file, unless others have that open.
    ///
    /// SQLite does so when the last connection closes, if it may write; GRDB closes the writer before
    /// the readers. To drop the readers first is not enough: one is in use, and open, for a moment
    /// longer than its caller waits. If it fails the log stays, and nothing is lost.
    static func putLogAway(of pool: DatabasePool) {
      guard
        let escaped = pool.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed),
        // It must not make a file that was removed meanwhile.
        let last = try? DatabaseQueue(
          path: "file:\(escaped)?mode=rw", configuration: pool.configuration)
      else { return }
      _ = try? last.inDatabase { try Int.fetchOne($0, sql: "PRAGMA user_version") }
      try? last.close()
    }

    func grdbConfiguration() -> GRDB.Configuration {
      var result = GRDB.Configuration()
      let parts = max(configuration.busyTimeout, .zero).components
      let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
      result.busyMode = .timeout(seconds)
      result.maximumReaderCount = max(1, configuration.maximumReaders)
      // GRDB would trap where a failing disk has kept a transaction from being rolled back; the
      // next commit does that.
      result.allowsUnsafeTransactions = true
      result.label = "arrival.sqlite"
      let kibibytes = max(1, configuration.cacheBytes / 1024)
      result.prepareDatabase { connection in
        try connection.execute(sql: "PRAGMA cache_size = -\(kibibytes)")
        // GRDB's readers would wait ten seconds, whatever is set above.
        try connection.execute(sql: "PRAGMA busy_timeout = \(Int(min(seconds * 1_000, 1e9)))")
        // Index rows lie all over the file, and a page that several commits change need be written
        // back once only: after 32 MiB of log and not after 4.
        try connection.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
        // On Apple's systems only this makes the drive itself write.
        try connection.execute(sql: "PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1")
      }
      return result
    }
  }
#endif

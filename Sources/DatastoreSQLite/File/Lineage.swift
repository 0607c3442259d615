// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB
  private import GRDBSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Says whether a file and the log beside it belong together.
  ///
  /// SQLite applies any log to any file. A copy of an earlier state of a file, put in the place of
  /// the file after a crash, would be undone by the log that the crash has left.
  ///
  /// Each opening that finds no log begins a lineage, and writes it into the file before others
  /// commit. So a log belongs to the file that has its lineage. A crash may come before the lineage
  /// is in the file. Then the file still has the parent, and the log is the one in which the
  /// lineage began. The guide on the design of the file has the proof that no good pair is refused.
  struct Lineage: Hashable, Sendable {
    /// A random number. 0 for a file that was never marked.
    var id: Int64 = 0
    /// The lineage before.
    var parent: Int64 = 0
    /// The salts of the log to which the first transaction after the beginning was added: 0 for an
    /// empty log, ``noSalts`` before that transaction, ``unknownSalts`` if they could not be read.
    var salts: Int64 = 0

    static let unknownSalts: Int64 = -1
    static let noSalts: Int64 = -2

    /// The lineage of a file whose log is empty, which must not change meanwhile.
    func followed(by id: Int64) -> Lineage {
      Lineage(id: id, parent: self.id, salts: Self.noSalts)
    }

    /// Whether no transaction has followed its beginning.
    var isFresh: Bool { salts == Self.noSalts }

    /// Notes the salts of the log at the first transaction after the beginning.
    func writing(to salts: Int64) -> Lineage {
      var lineage = self
      if isFresh { lineage.salts = salts }
      return lineage
    }

    /// Whether a log, in which this lineage was read, belongs to a file.
    ///
    /// - Parameters:
    ///   - file: The lineage in the file, read without the log.
    ///   - current: The salts of the log.
    /// - Returns: `true` also if there is nothing to tell by.
    func isOfLog(besideFile file: Lineage, current: Int64) -> Bool {
      if id == 0 || file.id == 0 || file.id == id { return true }
      guard file.id == parent else { return false }
      return isFresh || salts == current || salts == Self.unknownSalts
    }
  }

  extension Lineage {
    /// What tells the row of a file from bytes of something else, which a crash may leave where the
    /// row was.
    private static func mark(_ id: Int64) -> Int64 {
      id == 0 ? 0 : id &* 0x1E37_79B9_7F4A_7C15 ^ 0x4172_766C
    }

    /// The lineage of a file, and the time of its last commit. `nil` for a file without one.
    static func read(_ connection: Database) throws -> (lineage: Lineage, committed: Int64)? {
      let select = try RawStatement(
        connection, "SELECT lineage, parent, salts, mark, committed FROM clock")
      defer { select.reset() }
      guard try select.step() else { return nil }
      let lineage = Lineage(
        id: select.number(0), parent: select.number(1), salts: select.number(2))
      guard select.number(3) == mark(lineage.id) else { return nil }
      return (lineage, select.number(4))
    }

    private func save(_ connection: Database) throws {
      let update = try RawStatement(
        connection,
        "UPDATE clock SET lineage = ?1, parent = ?2, salts = ?3, mark = ?4")
      for (index, value) in [id, parent, salts, Self.mark(id)].enumerated() {
        try update.bind(value, at: Int32(index + 1))
      }
      _ = try update.run()
    }

    /// Begins a lineage if the log is empty, and writes it into the file.
    ///
    /// - Parameter hadEmptyLog: Whether the log was empty before the connection was opened. GRDB
    ///   writes something into an empty log.
    /// It waits for nobody. Whatever prevents it, such as a full disk, does no harm: a copy over
    /// the file is then not noticed.
    static func begin(_ connection: Database, hadEmptyLog: Bool, busyTimeout: Int) {
      defer {
        if connection.isInsideTransaction { try? connection.rollback() }
        try? connection.execute(sql: "PRAGMA busy_timeout = \(busyTimeout)")
      }
      do {
        try connection.execute(sql: "PRAGMA busy_timeout = 0")
        var isFresh = false
        if hadEmptyLog { try emptyLog(connection) }
        try connection.inTransaction(.immediate) {
          guard let (lineage, _) = try read(connection) else { return .rollback }
          isFresh = lineage.isFresh
          guard !MovedFile.isMoved(connection), LogSalts.read(of: connection) == 0 else {
            return .rollback
          }
          try lineage.followed(by: .random(in: 1 ... .max)).save(connection)
          isFresh = true
          return .commit
        }
        if isFresh { try emptyLog(connection) }
      } catch {
        // The file is used without a new lineage.
      }
    }

    /// Writes the log into the file, unless other connections prevent it.
    private static func emptyLog(_ connection: Database) throws {
      _ = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Notes the log, inside a transaction that writes. Only the first one of a lineage does.
    static func noteLog(_ connection: Database) throws {
      guard let (lineage, _) = try read(connection), lineage.isFresh else { return }
      try lineage.writing(to: LogSalts.read(of: connection) ?? unknownSalts).save(connection)
    }
  }

  /// The two random numbers in the header of a log. Both change when SQLite begins the log anew.
  enum LogSalts {
    /// The salts of a connection's log: 0 if it is empty, `nil` if it cannot be read.
    static func read(of connection: Database) -> Int64? {
      guard let name = sqlite3_db_filename(connection.sqliteConnection, "main") else { return nil }
      return read(String(cString: name) + "-wal")
    }

    /// The salts of the log at a path. No locks are on a log, so it may be opened and closed.
    static func read(_ path: String) -> Int64? {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return errno == ENOENT ? 0 : nil }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 8)
      let count = pread(descriptor, &bytes, 8, 16)
      guard count == 8 else { return count >= 0 ? 0 : nil }
      let salts = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      // Three values mean something else.
      let number = Int64(bitPattern: salts)
      return -2...0 ~= number ? 1 : number
    }
  }
#endif

#if SQLite
  internal import GRDB
  internal import GRDBSQLite

  /// One of GRDB's cached statements, driven through SQLite's own calls.
  ///
  /// GRDB would copy each blob into a `Data` on its way in and out. Bytes bound here are read in
  /// place, so they must stay where they are until the statement has run.
  struct RawStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    init(_ connection: Database, _ sql: String) throws {
      guard let handle = try connection.cachedStatement(sql: sql).sqliteStatement as OpaquePointer?,
        let raw = connection.sqliteConnection
      else { throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "Connection is closed") }
      self.handle = handle
      self.connection = raw
    }

    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) throws {
      // No destructor: SQLite neither copies nor frees the bytes.
      let code = sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil)
      guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Runs a statement that writes, and returns the number of rows it changed.
    func run() throws -> Int {
      let code = sqlite3_step(handle)
      let failed = code == SQLITE_DONE ? nil : failure(code)
      reset()
      if let failed { throw failed }
      return Int(sqlite3_changes(connection))
    }

    /// Whether there is a row; `reset()` must follow in any case.
    func step() throws -> Bool {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: return true
      case SQLITE_DONE: return false
      case let code: throw failure(code)
      }
    }

    /// The first column's bytes, in SQLite's memory until the next call.
    var blob: UnsafeRawBufferPointer {
      let start = sqlite3_column_blob(handle, 0)
      return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, 0)))
    }

    /// Makes the statement ready for its next use, and lets go of the bytes bound.
    func reset() {
      sqlite3_reset(handle)
      sqlite3_clear_bindings(handle)
    }

    private func failure(_ code: Int32) -> DatabaseError {
      DatabaseError(
        resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
        message: String(cString: sqlite3_errmsg(connection)))
    }
  }
#endif

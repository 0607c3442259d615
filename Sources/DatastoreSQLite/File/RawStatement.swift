// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB
  internal import GRDBSQLite

  /// One of GRDB's cached statements, run through SQLite's own calls.
  ///
  /// GRDB copies each blob into a `Data` on its way in and out. Bytes bound here are read in place,
  /// so they must not move until the statement has run.
  struct RawStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    /// Keeps the statement alive while it is used, because the connection's cache may drop it.
    private let owner: Statement

    /// The connection's only statement of this text, which cannot be used twice at once.
    init(_ connection: Database, _ sql: String) throws {
      try self.init(connection, owner: connection.cachedStatement(sql: sql))
    }

    /// A statement of its own, for use beside others of the same text.
    static func uncached(_ connection: Database, _ sql: String) throws -> RawStatement {
      try RawStatement(connection, owner: connection.makeStatement(sql: sql))
    }

    private init(_ connection: Database, owner: Statement) throws {
      guard let handle = owner.sqliteStatement as OpaquePointer?,
        let raw = connection.sqliteConnection
      else { throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "Connection is closed") }
      self.handle = handle
      self.connection = raw
      self.owner = owner
    }

    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) throws {
      // No destructor: SQLite neither copies nor frees the bytes.
      let code = sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil)
      guard code == SQLITE_OK else { throw failure(code) }
    }

    func bind(_ number: Int64, at index: Int32) throws {
      let code = sqlite3_bind_int64(handle, index, number)
      guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Binds bytes that SQLite copies, so they may move afterwards.
    func bind(copying bytes: [UInt8], at index: Int32) throws {
      let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      let code = bytes.withUnsafeBytes {
        // An empty array may have a null pointer, which would bind NULL.
        $0.isEmpty
          ? sqlite3_bind_zeroblob(handle, index, 0)
          : sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), transient)
      }
      guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Runs a statement that writes, and returns how many rows it changed.
    func run() throws -> Int {
      let code = sqlite3_step(handle)
      let failed = code == SQLITE_DONE ? nil : failure(code)
      reset()
      if let failed { throw failed }
      return Int(sqlite3_changes(connection))
    }

    /// Goes to the next row; `false` if there is none. `reset()` must follow in either case.
    func step() throws -> Bool {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: return true
      case SQLITE_DONE: return false
      case let code: throw failure(code)
      }
    }

    /// The first column's bytes, which are valid until the next call.
    var blob: UnsafeRawBufferPointer { blob(0) }

    /// A column's bytes, which are valid until the next call.
    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
      let start = sqlite3_column_blob(handle, column)
      return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    /// A column's number.
    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// Whether a column is null.
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// Makes the statement ready for its next use, and unbinds its bytes.
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

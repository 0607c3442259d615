// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB
  internal import GRDBSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// The first hundred bytes of a file, read without opening it as a database.
  ///
  /// SQLite's own file object reads them. POSIX locks belong to the process: if this code closed a
  /// descriptor of its own, the process would lose all its locks on the file, and a database that
  /// is already open here would no longer be safe.
  struct StoreHeader: Equatable {
    var applicationID: Int32
    var version: Int32
    var isWriteAheadLogged: Bool

    enum Found: Equatable {
      case absent
      case empty
      case notADatabase
      case database(StoreHeader)
    }

    private static let size = 100
    private static let magic = Array("SQLite format 3\0".utf8)

    static func read(_ path: String) throws -> Found {
      var status = stat()
      guard stat(path, &status) == 0 else {
        if errno == ENOENT || errno == ENOTDIR {
          // Behind a dangling link, too, SQLite creates the file.
          try StoreFailure.requireFolder(of: path)
          return .absent
        }
        throw StoreFailure.unreadable(path, errno)
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw StoreFailure.notAFile(path, isFolder: status.st_mode & S_IFMT == S_IFDIR)
      }
      guard status.st_size > 0 else { return .empty }
      guard status.st_size >= size else { return .notADatabase }
      return parse(try firstBytes(path))
    }

    static func parse(_ bytes: [UInt8]) -> Found {
      guard bytes.count >= size, bytes.starts(with: magic) else { return .notADatabase }
      func number(at offset: Int) -> Int32 {
        Int32(
          bitPattern: bytes[offset..<offset + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
      }
      return .database(
        StoreHeader(
          applicationID: number(at: 68), version: number(at: 60),
          isWriteAheadLogged: bytes[18] == 2 && bytes[19] == 2))
    }

    private static func firstBytes(_ path: String) throws -> [UInt8] {
      var connection: OpaquePointer?
      defer { sqlite3_close_v2(connection) }
      let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX
      var code = sqlite3_open_v2(path, &connection, flags, nil)
      guard code == SQLITE_OK else { throw failure(connection, code, path) }
      var file: UnsafeMutablePointer<sqlite3_file>?
      code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
      guard code == SQLITE_OK, let file, let read = file.pointee.pMethods?.pointee.xRead else {
        throw failure(connection, code, path)
      }
      return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        let code = read(file, buffer.baseAddress, Int32(size), 0)
        // SQLite fills a short read with zeros. Another process may just be writing the first page.
        let shortRead = SQLITE_IOERR | (2 << 8)
        guard code == SQLITE_OK || code == shortRead else {
          throw failure(connection, code, path)
        }
        count = size
      }
    }

    private static func failure(
      _ connection: OpaquePointer?, _ code: Int32, _ path: String
    ) -> DatabaseError {
      let message = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "cannot open \(path)"
      return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
  }
#endif

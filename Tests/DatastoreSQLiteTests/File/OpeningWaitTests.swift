// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// How long opening a file waits for other processes.
  @Suite struct OpeningWaitTests {
    private func file(_ timeout: Duration) -> StoreFile {
      StoreFile(path: "/none", configuration: .init(busyTimeout: timeout), schema: .current)
    }

    @Test func `A busy file is tried again until it is free`() throws {
      var attempts = 0
      try file(.seconds(60)).retryingWhileBusy {
        attempts += 1
        if attempts < 3 { throw DatabaseError(resultCode: .SQLITE_BUSY) }
      }
      #expect(attempts == 3)
    }

    @Test func `A busy file is tried once without a timeout, and so is one with other failures`() {
      for (timeout, code) in [
        (Duration.zero, ResultCode.SQLITE_BUSY), (.seconds(60), .SQLITE_CORRUPT),
      ] {
        var attempts = 0
        #expect(throws: DatabaseError.self) {
          try file(timeout).retryingWhileBusy { () throws -> Void in
            attempts += 1
            throw DatabaseError(resultCode: code)
          }
        }
        #expect(attempts == 1)
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  public import DatastoreModel
  internal import GRDB

  extension SQLiteBackend {
    /// Completes up to 500 incomplete keys with IDs that no other key ever gets.
    ///
    /// The IDs have 16 digits and no particular order. When this returns, they are durably
    /// allocated.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for over 500 keys or a complete key, or as
    ///   ``commit(_:)``.
    public func allocateIDs(for keys: [Key]) async throws -> [Key] {
      for key in keys { try DatabaseScope.check(key) }
      return try await allocate(keys)
    }

    /// Completes keys of any database.
    func allocate(_ keys: [Key]) async throws -> [Key] {
      try ReservedIDs.checkIncomplete(keys)
      if keys.isEmpty { return [] }
      return try await writing { try ReservedIDs.allocate(keys, $0) }
    }

    /// Reserves the IDs of up to 500 keys, so that no incomplete key gets one of them.
    ///
    /// When this returns, they are durably reserved.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for over 500 keys or an incomplete key, or as
    ///   ``commit(_:)``.
    public func reserveIDs(_ keys: [Key]) async throws {
      for key in keys { try DatabaseScope.check(key) }
      try await reserve(keys)
    }

    /// Reserves IDs of any database.
    func reserve(_ keys: [Key]) async throws {
      try ReservedIDs.checkComplete(keys)
      if keys.isEmpty { return }
      try await writing { try ReservedIDs.reserve(keys, $0) }
    }

    func writing<Reply: Sendable>(
      _ body: @escaping @Sendable (Database) throws -> Reply
    ) async throws -> Reply {
      try calls.enter(path)
      defer { calls.leave() }
      return try await withCheckedThrowingContinuation { continuation in
        database.asyncWriteWithoutTransaction { [access] connection in
          continuation.resume(
            with: Result {
              try StoreFailure.translating(access.path, .write) {
                var reply: Reply?
                try access.writing(connection) {
                  try Lineage.noteLog(connection)
                  reply = try body(connection)
                  return .commit
                }
                // The body has run, or `writing` would have thrown.
                return reply!
              }
            })
        }
      }
    }
  }
#endif

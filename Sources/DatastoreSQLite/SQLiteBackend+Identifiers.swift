#if SQLite
  public import DatastoreModel
  internal import GRDB

  extension SQLiteBackend {
    /// Completes up to 500 incomplete keys with IDs that nobody else is given, now or later; written
    /// down when it returns. They have 16 digits, and follow no order.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for over 500 keys or a complete one, or as
    ///   ``commit(_:)``.
    public func allocateIDs(for keys: [Key]) async throws -> [Key] {
      try ReservedIDs.checkIncomplete(keys)
      if keys.isEmpty { return [] }
      return try await writing { try ReservedIDs.allocate(keys, $0) }
    }

    /// Sees to it that no incomplete key gets one of these IDs; written down when it returns.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for over 500 keys or an incomplete one, or as
    ///   ``commit(_:)``.
    public func reserveIDs(_ keys: [Key]) async throws {
      try ReservedIDs.checkComplete(keys)
      if keys.isEmpty { return }
      try await writing { try ReservedIDs.reserve(keys, $0) }
    }

    func writing<Reply: Sendable>(
      _ body: @escaping @Sendable (Database) throws -> Reply
    ) async throws -> Reply {
      try gate.enter(path)
      defer { gate.leave() }
      return try await withCheckedThrowingContinuation { continuation in
        database.asyncWriteWithoutTransaction { [access] connection in
          continuation.resume(
            with: Result {
              try StoreFailure.translating(access.path, .write) {
                var reply: Reply?
                try access.writing(connection) {
                  reply = try body(connection)
                  return .commit
                }
                // The transaction has run, or it would have thrown.
                return reply!
              }
            })
        }
      }
    }
  }
#endif

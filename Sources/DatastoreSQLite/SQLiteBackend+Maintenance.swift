#if SQLite
  internal import GRDB

  extension SQLiteBackend {
    /// What is in a file.
    public struct Contents: Sendable, Hashable {
      /// The entities of one kind in one namespace.
      public struct Kind: Sendable, Hashable {
        /// The namespace; empty for the default one.
        public var namespace: String
        /// The kind.
        public var kind: String
        /// How many entities there are.
        public var entities = 0
        /// Bytes of their keys and properties as stored, without index.
        public var bytes = 0
        /// Their rows in the index.
        public var indexEntries = 0
      }

      /// All kinds, by namespace and name.
      public var kinds: [Kind] = []
      /// The size of the file; in memory, of the pages.
      public var fileBytes = 0
      /// How much of it holds nothing, and ``SQLiteBackend/vacuum()`` would give back.
      public var freeBytes = 0
    }

    /// Counts what is in the file, all of it in one state.
    ///
    /// It reads all keys and the whole index: about a second for a million entities.
    ///
    /// - Throws: `DatastoreError`: `failedPrecondition` after ``close()``, or what the file system
    ///   says.
    public func contents() async throws -> Contents {
      try await reading { try ContentsCount.run($0) }
    }

    /// What ``SQLiteBackend/check()`` found.
    public struct CheckReport: Sendable, Hashable {
      /// What is wrong, a sentence each; empty if all is in order.
      public var problems: [String] = []
      /// Whether there may be more problems than are named.
      public var isCutShort = false
      /// How many entities were read.
      public var entities = 0
      /// How many rows of the index were compared with them.
      public var indexEntries = 0
    }

    /// Reads the whole file: its structure, each entity, and whether the index says what they say.
    ///
    /// Commits go on beside it. At most 100 problems are named.
    ///
    /// - Throws: `DatastoreError` if the file cannot be read at all; damage in it is no error.
    public func check() async throws -> CheckReport {
      try await reading { IntegrityCheck.run($0) }
    }

    /// Copies the database into a new file, while it is in use: the state of one moment.
    ///
    /// Commits go on beside it. The file is complete, and on the disk, when this returns, and not
    /// there if it throws.
    ///
    /// - Parameter path: The new file; its folder must exist.
    /// - Throws: `DatastoreError`: `alreadyExists` if there is a file; `permissionDenied`;
    ///   `resourceExhausted` on a full disk; `dataLoss` if the database is damaged;
    ///   `failedPrecondition` on a file system that can only replace files.
    public func backup(to path: String) async throws {
      try await reading { try BackupFile(path).write($0) }
    }

    /// Rewrites the file without free space; needs as much room again meanwhile.
    ///
    /// - Throws: `DatastoreError`: `resourceExhausted` on a full disk, `aborted` if another process
    ///   holds the file. The file is then as it was.
    public func vacuum() async throws {
      try await maintaining(.write) { database, done in
        database.asyncWriteWithoutTransaction { connection in
          done(
            Result {
              if connection.isInsideTransaction { try connection.rollback() }
              try connection.execute(sql: "VACUUM")
              // The new pages are in the log; the file shrinks when they are written back.
              _ = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            })
        }
      }
    }

    /// The size of the file as the database knows it, without what is only in its log.
    ///
    /// - Throws: `DatastoreError`: `failedPrecondition` after ``close()``, or what the file system
    ///   says.
    public func fileBytes() async throws -> Int {
      try await reading { try ContentsCount.pages("page_count", $0) }
    }

    func reading<Reply: Sendable>(
      _ body: @escaping @Sendable (Database) throws -> Reply
    ) async throws -> Reply {
      try await maintaining(.read) { database, done in
        database.asyncRead { [access] connection in
          done(Result { try access.reading(connection, body) })
        }
      }
    }

    private func maintaining<Reply: Sendable>(
      _ activity: StoreFailure.Activity,
      _ start: (any DatabaseWriter, @escaping @Sendable (Result<Reply, any Error>) -> Void) -> Void
    ) async throws -> Reply {
      try gate.enter(path)
      defer { gate.leave() }
      return try await withCheckedThrowingContinuation { continuation in
        start(database) { [path] result in
          continuation.resume(
            with: Result { try StoreFailure.translating(path, activity) { try result.get() } })
        }
      }
    }
  }
#endif

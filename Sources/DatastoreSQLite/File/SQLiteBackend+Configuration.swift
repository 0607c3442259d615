// SPDX-License-Identifier: Apache-2.0
#if SQLite
  extension SQLiteBackend {
    /// How a ``SQLiteBackend`` uses its file.
    public struct Configuration: Sendable, Hashable {
      /// How long to wait for another process that has locked the file; 5 seconds by default.
      ///
      /// After that, opening and lookups fail with the code `unavailable`, and commits with
      /// `aborted`. Nothing was written then, and the same commit may be tried again. With zero or
      /// less nothing waits.
      public var busyTimeout: Duration = .seconds(5)

      /// How many lookups and queries may run at once beside a commit; 4 by default, at least 1.
      ///
      /// Each has a connection of its own, which is opened at its first use.
      public var maxReaders: Int = 4

      /// How many transactions that read may be open at once; 64 by default, at least 1.
      ///
      /// Each has a connection of its own, which takes three of the process's open files. A
      /// transaction that begins while all connections are taken waits for one.
      ///
      /// A transaction must not wait for another one that has yet to begin: if all of them do, none
      /// can go on. If no open transaction reads or ends for 60 seconds, those that wait for a
      /// connection fail with `resourceExhausted`. In memory, and if the file is opened read-only,
      /// there is no such limit.
      public var maxTransactions: Int = 64

      /// Whether a transaction begins without a connection if all of them are taken, and does not
      /// wait for one; `false` by default.
      ///
      /// Such a transaction works as in memory: each read checks that the earlier ones still hold,
      /// and fails with `aborted` otherwise. If ``historyTime`` is set, one that only reads sees
      /// the state at its beginning. A server needs this, because its clients cannot know of each
      /// other which transactions they have open.
      public var beginsWithoutConnection: Bool = false

      /// How many bytes of the file are kept in memory for commits; 16 MiB by default.
      ///
      /// Each connection that reads keeps up to an eighth of it. There are up to ``maxReaders``
      /// of them, and one for each transaction that is open. Reads also find the pages that the
      /// system keeps.
      public var cacheBytes: Int = 16 << 20

      /// How long earlier states can be read, at most; zero by default.
      ///
      /// Commits then keep what they replace. Overwriting or deleting an entity takes about a
      /// quarter longer in large commits, and the bytes of the old entity and about 80 more. New
      /// entities cost nothing. Old states are removed by later commits. If another process writes
      /// to the file without keeping history, earlier states end there.
      public var historyTime: Duration = .zero

      /// How many bytes of earlier states are kept, at most; 1 GiB by default.
      public var maxHistoryBytes: Int = 1 << 30

      /// Whether to open the file read-only; `false` by default.
      ///
      /// The file must exist and have this library's version. Every write fails with
      /// `permissionDenied`. The file may be where this process may not write, for example on a
      /// read-only disk. It is then read without locks, unless there is a log (`-wal`) beside it.
      /// If another process writes there all the same, reads fail with `unavailable` rather than
      /// mix two states. Reads run one at a time.
      public var isReadOnly: Bool = false

      /// The defaults.
      public static let `default` = Configuration()

      /// Makes a configuration.
      ///
      /// - Parameters:
      ///   - busyTimeout: How long to wait for another process.
      ///   - maxReaders: How many lookups and queries may run at once.
      ///   - maxTransactions: How many transactions that read may be open at once.
      ///   - beginsWithoutConnection: Whether more transactions begin without a connection.
      ///   - cacheBytes: How many bytes of the file are kept in memory for commits.
      ///   - isReadOnly: Whether to open the file read-only.
      ///   - historyTime: How long earlier states can be read.
      ///   - maxHistoryBytes: How many bytes of earlier states are kept.
      public init(
        busyTimeout: Duration = .seconds(5), maxReaders: Int = 4, maxTransactions: Int = 64,
        beginsWithoutConnection: Bool = false, cacheBytes: Int = 16 << 20, isReadOnly: Bool = false,
        historyTime: Duration = .zero,
        maxHistoryBytes: Int = 1 << 30
      ) {
        self.beginsWithoutConnection = beginsWithoutConnection
        self.historyTime = historyTime
        self.maxHistoryBytes = maxHistoryBytes
        self.isReadOnly = isReadOnly
        self.busyTimeout = busyTimeout
        self.maxReaders = maxReaders
        self.maxTransactions = maxTransactions
        self.cacheBytes = cacheBytes
      }
    }
  }
#endif

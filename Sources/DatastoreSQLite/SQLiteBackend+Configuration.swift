#if SQLite
  extension SQLiteBackend {
    /// How a ``SQLiteBackend`` treats its file.
    public struct Configuration: Sendable, Hashable {
      /// How long to wait for another process that holds the file; 5 seconds unless set.
      ///
      /// After it, opening and lookups fail with the code `unavailable`, and commits with
      /// `aborted`: nothing was written, and the same commit may be tried again. Zero or less does
      /// not wait.
      public var busyTimeout: Duration = .seconds(5)

      /// How many lookups may run at once, beside the one commit; 4 unless set, at least 1.
      ///
      /// Each has a connection of its own, opened at its first use.
      public var maximumReaders: Int = 4

      /// How many transactions that read may be under way at once; 64 unless set, at least 1.
      ///
      /// Each has a connection of its own, three open files of the process. One that begins while all
      /// are taken waits its turn. A transaction must not wait for another one that has yet to begin:
      /// where all do so, none can go on, and after 60 seconds in which none of them reads or ends
      /// those that wait fail with `resourceExhausted`. In memory, and where the file is opened for
      /// reading alone, there is no such limit.
      public var maximumTransactions: Int = 64

      /// How many bytes of the file each connection keeps in memory; 16 MiB unless set.
      public var cacheBytes: Int = 16 << 20

      /// Whether to open the file for reading alone; not unless set.
      ///
      /// The file has to exist, in the version of this library, and every write fails with
      /// `permissionDenied`. It may lie where this process may not write, such as on a medium that is
      /// read-only. In a folder that this process may not write it is read without locks if there is no
      /// log (`-wal`) beside it: should another process write there, reads fail with `unavailable`
      /// rather than mix what was and what is. Reads take turns.
      public var isReadOnly: Bool = false

      /// What applies when nothing is set.
      public static let `default` = Configuration()

      /// Makes a configuration.
      ///
      /// - Parameters:
      ///   - busyTimeout: How long to wait for another process.
      ///   - maximumReaders: How many lookups may run at once.
      ///   - maximumTransactions: How many transactions that read may be under way at once.
      ///   - cacheBytes: How many bytes of the file each connection keeps in memory.
      ///   - isReadOnly: Whether to open the file for reading alone.
      public init(
        busyTimeout: Duration = .seconds(5), maximumReaders: Int = 4, maximumTransactions: Int = 64,
        cacheBytes: Int = 16 << 20, isReadOnly: Bool = false
      ) {
        self.isReadOnly = isReadOnly
        self.busyTimeout = busyTimeout
        self.maximumReaders = maximumReaders
        self.maximumTransactions = maximumTransactions
        self.cacheBytes = cacheBytes
      }
    }
  }
#endif

#if SQLite
  internal import Datastore
  internal import GRDB
  private import Dispatch
  private import Synchronization

  /// A transaction between its first request and its last.
  final class OpenTransaction: Sendable {
    let mode: TransactionMode
    /// The state that it reads; `nil` in memory, where there is one connection, and the state goes on
    /// as long as all that was read still holds.
    let snapshot: DatabaseSnapshot?
    let log = ReadLog()

    init(_ mode: TransactionMode, _ snapshot: DatabaseSnapshot?) {
      self.mode = mode
      self.snapshot = snapshot
    }
  }

  /// The transactions of a backend that are under way.
  final class OpenTransactions: Sendable {
    /// How long one may be left alone: as long as a transaction of Google's service may last in all. An
    /// open state keeps the log from being written back.
    static let maximumIdle = Duration.seconds(270)

    private struct Entry {
      var transaction: OpenTransaction
      var lastUse: ContinuousClock.Instant
      var uses: Int
    }

    private let entries = Mutex<[TransactionID: Entry]>([:])

    /// Adds one, and forgets those that were left alone.
    func add(_ transaction: OpenTransaction, now: ContinuousClock.Instant = .now) -> TransactionID {
      let bytes = withUnsafeBytes(
        of: (UInt64.random(in: 0...(.max)), UInt64.random(in: 0...(.max)))
      ) { [UInt8]($0) }
      let id = TransactionID(bytes: bytes)
      let forgotten = entries.withLock { entries in
        let old = entries.filter { $0.value.uses == 0 && now - $0.value.lastUse > Self.maximumIdle }
        for id in old.keys { entries[id] = nil }
        entries[id] = Entry(transaction: transaction, lastUse: now, uses: 0)
        return old.values.map(\.transaction)
      }
      Self.release(forgotten)
      return id
    }

    /// Runs a request inside a transaction.
    ///
    /// - Throws: `invalidArgument` if there is none of this name.
    func use<Reply>(
      _ id: TransactionID, _ body: (OpenTransaction) async throws -> Reply
    ) async throws -> Reply {
      guard
        let transaction = entries.withLock({ entries -> OpenTransaction? in
          entries[id]?.uses += 1
          return entries[id]?.transaction
        })
      else { throw Self.unknown }
      defer {
        entries.withLock { entries in
          entries[id]?.uses -= 1
          entries[id]?.lastUse = .now
        }
      }
      return try await body(transaction)
    }

    /// Ends one; `nil` if there is none of this name.
    func remove(_ id: TransactionID) -> OpenTransaction? {
      let transaction = entries.withLock { $0.removeValue(forKey: id)?.transaction }
      if let transaction { Self.release([transaction]) }
      return transaction
    }

    /// Ends all, on the calling thread, for their connections have to be closed before the writer's.
    func removeAll() {
      let all = entries.withLock { entries in
        defer { entries = [:] }
        return entries.values.map(\.transaction)
      }
      for transaction in all { try? transaction.snapshot?.close() }
    }

    private static func release(_ transactions: [OpenTransaction]) {
      let snapshots = transactions.compactMap(\.snapshot)
      if snapshots.isEmpty { return }
      // Waits for what reads in them.
      DispatchQueue.global().async { for snapshot in snapshots { try? snapshot.close() } }
    }

    static var unknown: DatastoreError {
      DatastoreError(
        .invalidArgument,
        """
        The datastore has no such transaction: it was committed, rolled back, aborted, left alone for \
        over \(maximumIdle.components.seconds) s, or begun by another process. Begin a new one.
        """)
    }
  }
#endif

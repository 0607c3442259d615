#if SQLite
  internal import Datastore
  internal import GRDB
  private import Synchronization

  /// A transaction between its first request and its last.
  ///
  /// `@unchecked Sendable`: `uses` and `isOver` belong to the lock of `OpenTransactions`.
  final class OpenTransaction: @unchecked Sendable {
    let mode: TransactionMode
    /// The state that it reads; `nil` in memory, where there is one connection, and the state goes on
    /// as long as all that was read still holds.
    let snapshot: DatabaseSnapshot?
    let log = ReadLog()
    fileprivate var uses = 0
    fileprivate var isOver = false

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
    }

    private let entries = Mutex<[TransactionID: Entry]>([:])
    let snapshots = Snapshots()

    /// Adds one, and forgets those that were left alone.
    func add(_ transaction: OpenTransaction, now: ContinuousClock.Instant = .now) -> TransactionID {
      let bytes = withUnsafeBytes(
        of: (UInt64.random(in: 0...(.max)), UInt64.random(in: 0...(.max)))
      ) { [UInt8]($0) }
      let id = TransactionID(bytes: bytes)
      let forgotten = entries.withLock { entries in
        let old = entries.filter {
          $0.value.transaction.uses == 0 && now - $0.value.lastUse > Self.maximumIdle
        }
        for (id, entry) in old {
          entry.transaction.isOver = true
          entries[id] = nil
        }
        entries[id] = Entry(transaction: transaction, lastUse: now)
        return old.values.map(\.transaction)
      }
      for transaction in forgotten { release(transaction) }
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
          entries[id]?.transaction.uses += 1
          return entries[id]?.transaction
        })
      else { throw Self.unknown }
      defer {
        let isFree = entries.withLock { entries in
          transaction.uses -= 1
          entries[id]?.lastUse = .now
          return transaction.isOver && transaction.uses == 0
        }
        if isFree { release(transaction) }
      }
      return try await body(transaction)
    }

    /// Ends one; `nil` if there is none of this name.
    func remove(_ id: TransactionID) -> OpenTransaction? {
      guard
        let (transaction, isFree) = entries.withLock({ entries -> (OpenTransaction, Bool)? in
          guard let transaction = entries.removeValue(forKey: id)?.transaction else { return nil }
          transaction.isOver = true
          return (transaction, transaction.uses == 0)
        })
      else { return nil }
      // Or by whoever still reads in it: the next transaction has this connection.
      if isFree { release(transaction) }
      return transaction
    }

    /// Ends all, on the calling thread, for their connections have to be closed before the writer's.
    func removeAll() {
      entries.withLock { $0 = [:] }
      snapshots.close()
    }

    private func release(_ transaction: OpenTransaction) {
      if let snapshot = transaction.snapshot { snapshots.giveBack(snapshot) }
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

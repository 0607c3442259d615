#if SQLite
  internal import DatastoreModel
  private import Dispatch
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
    let turns: ConnectionTurns

    /// - Parameter maximum: How many may have a connection at once.
    init(maximum: Int = SQLiteBackend.Configuration.default.maximumTransactions) {
      turns = ConnectionTurns(maximum: maximum)
    }

    /// Begins one with a connection of its own, when it is its turn.
    func begin(
      _ mode: TransactionMode, from pool: DatabasePool, at path: String?
    ) async throws -> TransactionID {
      _ = forget(now: .now)
      try await turns.enter(path) { watch(after: ConnectionTurns.patience) }
      do {
        return add(OpenTransaction(mode, try await snapshots.take(from: pool, at: path)))
      } catch {
        turns.leave()
        throw error
      }
    }

    /// Looks, from time to time, after those who wait, as long as there are any.
    private func watch(after delay: Duration) {
      let seconds = Double(delay.components.seconds) + Double(delay.components.attoseconds) / 1e18
      DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
        guard let self, let next = look(now: .now) else { return }
        watch(after: next)
      }
    }

    /// Makes room by forgetting those left alone, or refuses those who wait in vain; when to look
    /// again, if ever.
    @discardableResult
    func look(now: ContinuousClock.Instant) -> Duration? {
      let isAnyForgotten = forget(now: now)
      let lastUse = entries.withLock { entries in
        let isAnyInUse = entries.values.contains { $0.transaction.uses > 0 }
        return isAnyInUse || isAnyForgotten ? now : entries.values.map(\.lastUse).max()
      }
      return turns.look(now: now, lastUse: lastUse)
    }

    /// Forgets those that were left alone; whether there were any.
    private func forget(now: ContinuousClock.Instant) -> Bool {
      let forgotten = entries.withLock { entries in
        let old = entries.filter {
          $0.value.transaction.uses == 0 && now - $0.value.lastUse > Self.maximumIdle
        }
        for (id, entry) in old {
          entry.transaction.isOver = true
          entries[id] = nil
        }
        return old.values.map(\.transaction)
      }
      for transaction in forgotten { release(transaction) }
      return !forgotten.isEmpty
    }

    /// Adds one, and forgets those that were left alone.
    func add(_ transaction: OpenTransaction, now: ContinuousClock.Instant = .now) -> TransactionID {
      let bytes = withUnsafeBytes(
        of: (UInt64.random(in: 0...(.max)), UInt64.random(in: 0...(.max)))
      ) { [UInt8]($0) }
      let id = TransactionID(bytes: bytes)
      _ = forget(now: now)
      entries.withLock { $0[id] = Entry(transaction: transaction, lastUse: now) }
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
      guard let snapshot = transaction.snapshot else { return }
      snapshots.giveBack(snapshot) { [turns] in turns.leave() }
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

// SPDX-License-Identifier: Apache-2.0
// The folder `Transactions` has the transactions that read: which ones are open, their connections
// (`SnapshotPool`, `ConnectionLimiter`), and what each has read, which its commit checks
// (`ReadLog`).

#if SQLite
  internal import DatastoreModel
  private import Dispatch
  internal import GRDB
  private import Synchronization

  /// The open transactions of a backend.
  final class OpenTransactions: Sendable {
    /// How long a transaction may be idle: as long as a transaction of Google's service may last in
    /// all. `DatastoreServer` ends idle ones sooner. While a snapshot is open, the log cannot be
    /// written back.
    static let maxIdle = Duration.seconds(270)

    /// The size of an ID.
    static let idBytes = 16

    private struct Entry {
      var transaction: OpenTransaction
      var lastUse: ContinuousClock.Instant
    }

    private struct State {
      var entries: [TransactionID: Entry] = [:]
      /// Before this, no transaction has been idle for too long.
      var nextCheck: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    let snapshots = SnapshotPool()
    let limiter: ConnectionLimiter

    /// - Parameter maxConnections: How many transactions may have a connection at once.
    init(maxConnections: Int = SQLiteBackend.Configuration.default.maxTransactions) {
      limiter = ConnectionLimiter(limit: maxConnections)
    }

    /// Adds a transaction with a connection of its own, and waits for the connection if need be.
    ///
    /// The first read takes the snapshot, in the same job of the connection's queue.
    func begin(
      _ mode: TransactionMode, from pool: DatabasePool, at path: String?
    ) async throws -> TransactionID {
      _ = removeIdle(now: .now)
      try await limiter.acquire(path) { watch(after: ConnectionLimiter.stallTimeout) }
      return try await addConnected(mode, pool, path)
    }

    /// Begins a transaction with a connection of its own if one is left; `nil` otherwise.
    func beginIfPossible(
      _ mode: TransactionMode, from pool: DatabasePool, at path: String?
    ) async throws -> TransactionID? {
      _ = removeIdle(now: .now)
      guard limiter.acquireIfFree() else { return nil }
      return try await addConnected(mode, pool, path)
    }

    private func addConnected(
      _ mode: TransactionMode, _ pool: DatabasePool, _ path: String?
    ) async throws -> TransactionID {
      do {
        return add(
          OpenTransaction(mode, .snapshot(try await snapshots.take(from: pool, at: path))))
      } catch {
        limiter.release()
        throw error
      }
    }

    /// Checks for a stall from time to time, as long as somebody waits for a connection.
    private func watch(after delay: Duration) {
      let seconds = Double(delay.components.seconds) + Double(delay.components.attoseconds) / 1e18
      DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
        guard let self, let next = checkForStall(now: .now) else { return }
        watch(after: next)
      }
    }

    /// Removes idle transactions to free their connections, or fails the waiters if nothing
    /// happens.
    ///
    /// - Returns: When to check again; `nil` for never.
    @discardableResult
    func checkForStall(now: ContinuousClock.Instant) -> Duration? {
      let isAnyRemoved = removeIdle(now: now)
      let lastUse = state.withLock { state in
        let isAnyInUse = state.entries.values.contains { $0.transaction.uses > 0 }
        return isAnyInUse || isAnyRemoved ? now : state.entries.values.map(\.lastUse).max()
      }
      return limiter.checkForStall(now: now, lastUse: lastUse)
    }

    /// Removes the transactions that were idle for too long; returns whether there were any.
    private func removeIdle(now: ContinuousClock.Instant) -> Bool {
      let removed = state.withLock { state -> [OpenTransaction] in
        guard let nextCheck = state.nextCheck, nextCheck < now else { return [] }
        let idle = state.entries.filter {
          $0.value.transaction.uses == 0 && now - $0.value.lastUse > Self.maxIdle
        }
        for (id, entry) in idle {
          entry.transaction.isOver = true
          state.entries[id] = nil
        }
        state.nextCheck = state.entries.values.map {
          ($0.transaction.uses > 0 ? now : $0.lastUse) + Self.maxIdle
        }.min()
        return idle.values.map(\.transaction)
      }
      for transaction in removed { release(transaction) }
      return !removed.isEmpty
    }

    /// Adds a transaction, and removes those that were idle for too long.
    func add(_ transaction: OpenTransaction, now: ContinuousClock.Instant = .now) -> TransactionID {
      let bytes = withUnsafeBytes(
        of: (UInt64.random(in: 0...(.max)), UInt64.random(in: 0...(.max)))
      ) { [UInt8]($0) }
      let id = TransactionID(bytes: bytes)
      _ = removeIdle(now: now)
      state.withLock { state in
        state.entries[id] = Entry(transaction: transaction, lastUse: now)
        state.nextCheck = min(state.nextCheck ?? now + Self.maxIdle, now + Self.maxIdle)
      }
      return id
    }

    /// Runs a request inside a transaction.
    ///
    /// - Throws: `invalidArgument` if no open transaction has the ID.
    func use<Reply>(
      _ id: TransactionID, _ body: (OpenTransaction) async throws -> Reply
    ) async throws -> Reply {
      guard
        let transaction = state.withLock({ state -> OpenTransaction? in
          state.entries[id]?.transaction.uses += 1
          return state.entries[id]?.transaction
        })
      else { throw Self.unknown }
      defer {
        let isFree = state.withLock { state in
          transaction.uses -= 1
          state.entries[id]?.lastUse = .now
          return transaction.isOver && transaction.uses == 0
        }
        if isFree { release(transaction) }
      }
      return try await body(transaction)
    }

    /// Ends a transaction; `nil` if no open transaction has the ID.
    func remove(_ id: TransactionID) -> OpenTransaction? {
      guard
        let (transaction, isFree) = state.withLock({ state -> (OpenTransaction, Bool)? in
          guard let transaction = state.entries.removeValue(forKey: id)?.transaction else {
            return nil
          }
          transaction.isOver = true
          return (transaction, transaction.uses == 0)
        })
      else { return nil }
      // If a request is still reading, the last one releases the connection. The next transaction
      // will have it.
      if isFree { release(transaction) }
      return transaction
    }

    /// Ends all transactions on the calling thread. Their connections must be closed before the
    /// writer's.
    func removeAll() {
      state.withLock { $0 = State() }
      snapshots.close()
    }

    private func release(_ transaction: OpenTransaction) {
      guard let snapshot = transaction.snapshot else { return }
      snapshots.giveBack(snapshot) { [limiter] in limiter.release() }
    }

    static var unknown: DatastoreError {
      DatastoreError(
        .invalidArgument,
        """
        The database has no such transaction: it was committed, rolled back or aborted, was idle \
        for too long, or belongs to another database or process. Begin a new one.
        """)
    }
  }
#endif

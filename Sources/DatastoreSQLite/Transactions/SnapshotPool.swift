// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB
  private import Dispatch
  private import Synchronization

  /// Connections that each hold a snapshot of the file for a transaction.
  ///
  /// They are kept for the next transaction: opening one took a third of a small transaction's
  /// time.
  final class SnapshotPool: Sendable {
    /// How many idle connections are kept.
    private static let maxIdle = 4

    private struct State {
      /// All open connections, for closing them.
      var open: [ObjectIdentifier: DatabaseSnapshot] = [:]
      var idle: [DatabaseSnapshot] = []
    }

    private let state = Mutex(State())

    var openCount: Int { state.withLock { $0.open.count } }

    /// Takes a connection.
    ///
    /// A new one has a snapshot of the last commit. A kept one gets it from ``begin(_:)``.
    func take(from pool: DatabasePool, at path: String?) async throws -> DatabaseSnapshot {
      if let kept = state.withLock({ $0.idle.popLast() }) { return kept }
      return try await withCheckedThrowingContinuation { continuation in
        // Opening a connection blocks.
        DispatchQueue.global().async { [self] in
          continuation.resume(
            with: Result {
              let new = try StoreFailure.translating(path, .read) { try pool.makeSnapshot() }
              state.withLock { $0.open[ObjectIdentifier(new)] = new }
              return new
            })
        }
      }
    }

    /// Takes a snapshot of the last commit, unless the connection has one.
    static func begin(_ connection: Database) throws {
      if connection.isInsideTransaction { return }
      try connection.beginTransaction(.deferred)
      // The first read takes the snapshot.
      try connection.execute(sql: "SELECT rootpage FROM sqlite_master LIMIT 1")
    }

    /// Gives a connection back, after the reads in it have ended.
    ///
    /// - Parameter done: Called when the connection is free for another transaction, or closed.
    func giveBack(_ snapshot: DatabaseSnapshot, _ done: @escaping @Sendable () -> Void) {
      snapshot.asyncRead { [self] connection in
        let isFree =
          (try? connection.get()).map { connection in
            // Without a transaction, something was wrong with the connection.
            guard connection.isInsideTransaction else { return false }
            try? connection.rollback()
            return !connection.isInsideTransaction
          } ?? false
        let isKept = state.withLock { state in
          guard isFree, state.open[ObjectIdentifier(snapshot)] != nil,
            state.idle.count < Self.maxIdle
          else { return false }
          state.idle.append(snapshot)
          return true
        }
        if isKept { done() } else { discard(snapshot, done) }
      }
    }

    private func discard(
      _ snapshot: DatabaseSnapshot, _ done: @escaping @Sendable () -> Void = {}
    ) {
      // A connection cannot be closed on its own queue.
      DispatchQueue.global().async { [self] in
        try? snapshot.close()
        _ = state.withLock { $0.open.removeValue(forKey: ObjectIdentifier(snapshot)) }
        done()
      }
    }

    /// Closes all connections on the calling thread. They must be closed before the writer.
    func close() {
      let open = state.withLock { state in
        defer { state = State() }
        return state.open.values.map { $0 }
      }
      for snapshot in open { try? snapshot.close() }
    }
  }
#endif

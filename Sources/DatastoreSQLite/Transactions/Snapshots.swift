#if SQLite
  internal import GRDB
  private import Dispatch
  private import Synchronization

  /// Connections that each hold one state of a file for a transaction, and are kept for the next: to open
  /// one took a third of a small transaction's time.
  final class Snapshots: Sendable {
    /// How many are kept that hold no state at the moment.
    private static let maximumIdle = 4

    private struct State {
      /// All that are open, for closing.
      var open: [ObjectIdentifier: DatabaseSnapshot] = [:]
      var idle: [DatabaseSnapshot] = []
    }

    private let state = Mutex(State())

    var openCount: Int { state.withLock { $0.open.count } }

    /// One that holds the state of the last commit.
    func take(from pool: DatabasePool, at path: String?) async throws -> DatabaseSnapshot {
      if let kept = state.withLock({ $0.idle.popLast() }) {
        do {
          try await begin(kept)
          return kept
        } catch {
          // A new one will say what is wrong.
          discard(kept)
        }
      }
      return try await withCheckedThrowingContinuation { continuation in
        // Opens a connection, which blocks.
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

    private func begin(_ snapshot: DatabaseSnapshot) async throws {
      try await withCheckedThrowingContinuation { continuation in
        snapshot.asyncRead { connection in
          continuation.resume(
            with: Result {
              let connection = try connection.get()
              try connection.beginTransaction(.deferred)
              // It is the first read that fixes the state.
              try connection.execute(sql: "SELECT rootpage FROM sqlite_master LIMIT 1")
            })
        }
      }
    }

    /// Lets go of the state, once what reads in it has ended.
    ///
    /// - Parameter done: Called when the connection is ready for another, or closed.
    func giveBack(_ snapshot: DatabaseSnapshot, _ done: @escaping @Sendable () -> Void) {
      snapshot.asyncRead { [self] connection in
        let isFree =
          (try? connection.get()).map { connection in
            try? connection.rollback()
            return !connection.isInsideTransaction
          } ?? false
        let isKept = state.withLock { state in
          guard isFree, state.open[ObjectIdentifier(snapshot)] != nil,
            state.idle.count < Self.maximumIdle
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
      // Not on the connection's own queue.
      DispatchQueue.global().async { [self] in
        try? snapshot.close()
        _ = state.withLock { $0.open.removeValue(forKey: ObjectIdentifier(snapshot)) }
        done()
      }
    }

    /// Closes all, on the calling thread: they have to be closed before the writer.
    func close() {
      let open = state.withLock { state in
        defer { state = State() }
        return state.open.values.map { $0 }
      }
      for snapshot in open { try? snapshot.close() }
    }
  }
#endif

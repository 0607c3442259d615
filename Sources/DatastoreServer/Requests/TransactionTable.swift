// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import GRPCCore
  private import Synchronization

  /// The transactions that clients have open: who began each, and when it was last used.
  ///
  /// A client that dies never ends its transactions. They end here, by the limits of
  /// ``OpenTransactions``.
  final class TransactionTable: Sendable {
    private let open = Mutex(OpenTransactions())

    /// How many transactions are open.
    var count: Int { open.withLock(\.count) }

    /// Refuses another transaction in a database that has as many as it may.
    ///
    /// - Throws: `ServerFailure` with `resourceExhausted`.
    func checkRoom(in database: DatabaseName) throws(ServerFailure) {
      guard open.withLock({ $0.isFull(database) }) else { return }
      throw ServerFailure(
        .resourceExhausted,
        """
        The database has \(OpenTransactions.maxOpen) open transactions, which is the most. Commit \
        or roll back those that are no longer needed. One that is idle for \
        \(OpenTransactions.idleLimit.components.seconds) s ends by itself.
        """)
    }

    /// How often all transactions were ended.
    var resets: Int { open.withLock(\.resets) }

    /// Adds a transaction that was begun.
    ///
    /// - Parameter resets: What ``resets`` was before. If all transactions were ended since, this
    ///   one ends too, with the data that it has read.
    /// - Throws: `CancellationError` if the client has given up, which would never end it.
    func begin(
      _ id: TransactionID, _ mode: TransactionMode, on target: RequestHandler.Target,
      _ peer: String,
      since resets: Int
    ) async throws {
      if Task.isCancelled {
        try? await target.backend.rollback(id)
        throw CancellationError()
      }
      let transaction = OpenTransactions.Transaction(
        id: id, database: target.name, backend: target.backend, isReadOnly: mode.isReadOnly,
        peer: peer)
      let isOpen = open.withLock { $0.add(transaction, since: resets, now: .now) }
      if !isOpen { try? await target.backend.rollback(id) }
    }

    func end(_ id: TransactionID) { open.withLock { _ = $0.remove(id) } }

    /// Whether an open transaction only reads.
    func isReadOnly(_ id: TransactionID) -> Bool { open.withLock { $0.isReadOnly(id) } }

    /// Runs a read that may be inside a transaction or begin one.
    func reading<Reply>(
      _ selector: TransactionSelector?, on target: RequestHandler.Target, _ peer: String,
      _ begun: KeyPath<Reply, TransactionID?>, _ read: () async throws -> Reply
    ) async throws -> Reply {
      switch selector {
      case nil: return try await read()
      case .begin(let mode)?:
        try checkRoom(in: target.name)
        let before = resets
        let reply = try await read()
        if let id = reply[keyPath: begun] {
          try await begin(id, mode, on: target, peer, since: before)
        }
        return reply
      case .running(let id)?: return try await using(id, peer, read)
      }
    }

    /// Runs a commit. The transaction is over after success and after `aborted`.
    func ending<Reply>(
      _ id: TransactionID, _ commit: () async throws -> Reply
    ) async throws -> Reply {
      try await using(id, nil) {
        let reply = try await commit()
        end(id)
        return reply
      }
    }

    private func using<Reply>(
      _ id: TransactionID, _ peer: String?, _ body: () async throws -> Reply
    ) async throws -> Reply {
      open.withLock { $0.use(id, peer) }
      defer { open.withLock { $0.leave(id, now: .now) } }
      do {
        return try await body()
      } catch let error as DatastoreError where error.code == .aborted {
        end(id)
        throw error
      } catch let error as DatastoreError where error.code == .invalidArgument {
        // The backend knows that the transaction is over, and the table knows why.
        guard let ending = open.withLock({ $0.ending(of: id) }) else { throw error }
        throw ServerFailure(.invalidArgument, ending.sentence)
      }
    }

    /// Notes that a client's connection is closed.
    func peerLeft(_ peer: String) { open.withLock { $0.peerLeft(peer) } }

    /// Rolls back the transactions whose time is over.
    func expire(now: ContinuousClock.Instant = .now) async {
      await rollBack(open.withLock { $0.expire(now: now) })
    }

    /// Rolls back all transactions, because their data is removed.
    func endAll() async { await rollBack(open.withLock { $0.endAll() }) }

    private func rollBack(_ transactions: [OpenTransactions.Transaction]) async {
      for transaction in transactions { try? await transaction.backend.rollback(transaction.id) }
    }
  }
#endif

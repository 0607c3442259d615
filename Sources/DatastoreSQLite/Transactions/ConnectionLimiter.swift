// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  private import Dispatch
  private import Synchronization

  /// Limits how many transactions have a connection to the file at once.
  final class ConnectionLimiter: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    static var stallTimeout: Duration { WaitQueue<Waiter>.stallTimeout }

    private let queue: Mutex<WaitQueue<Waiter>>
    private let limit: Int

    var waitingCount: Int { queue.withLock { $0.waitingCount } }
    var heldCount: Int { queue.withLock { $0.heldCount } }

    init(limit: Int) {
      self.limit = max(1, limit)
      queue = Mutex(WaitQueue(limit: limit, now: .now))
    }

    /// Returns when the caller may have a connection. The caller must call ``release()``
    /// afterwards.
    ///
    /// - Parameter beginWatch: Called when somebody begins to wait. It must have
    ///   ``checkForStall(now:lastUse:)`` called after ``stallTimeout``.
    /// - Throws: `CancellationError`; `DatastoreError`: `failedPrecondition` if the datastore is
    ///   closed, `resourceExhausted` if nothing happens for long.
    func acquire(_ path: String?, beginWatch: () -> Void) async throws {
      switch queue.withLock({ $0.request(now: .now) }) {
      case .go: return
      case .closed: throw InFlightCalls.closed(path)
      case .wait(let ticket):
        try await withTaskCancellationHandler {
          try await withCheckedThrowingContinuation {
            wait(ticket, $0, path, beginWatch)
          }
        } onCancel: {
          queue.withLock { $0.cancel(ticket: ticket) }?.resume(throwing: CancellationError())
        }
      }
    }

    /// Takes a connection if one is free and nobody waits for it. The caller must call
    /// ``release()`` afterwards.
    func acquireIfFree() -> Bool { queue.withLock { $0.takeIfFree(now: .now) } }

    private func wait(_ ticket: Int, _ waiter: Waiter, _ path: String?, _ beginWatch: () -> Void) {
      switch queue.withLock({ $0.wait(ticket: ticket, waiter, now: .now) }) {
      case .wait(let beginsWatch): if beginsWatch { beginWatch() }
      case .go: waiter.resume()
      case .closed: waiter.resume(throwing: InFlightCalls.closed(path))
      case .cancelled: waiter.resume(throwing: CancellationError())
      }
    }

    func release() { queue.withLock { $0.release(now: .now) }?.resume() }

    /// Fails all waiters, and all later calls of `acquire`.
    func close(_ path: String?) {
      for waiter in queue.withLock({ $0.close() }) {
        waiter.resume(throwing: InFlightCalls.closed(path))
      }
    }

    /// Fails the waiters if nothing has happened for long.
    ///
    /// - Returns: When to check again; `nil` for never.
    func checkForStall(
      now: ContinuousClock.Instant, lastUse: ContinuousClock.Instant?
    ) -> Duration? {
      switch queue.withLock({ $0.checkForStall(now: now, lastUse: lastUse) }) {
      case .idle: return nil
      case .checkAgain(let rest): return rest
      case .fail(let waiters):
        for waiter in waiters { waiter.resume(throwing: stalled) }
        return nil
      }
    }

    private var stalled: DatastoreError {
      DatastoreError(
        .resourceExhausted,
        """
        All connections for transactions are taken (maxTransactions: \(limit)), and no transaction \
        that has one has read or ended for \(Self.stallTimeout.components.seconds) s. They may be \
        waiting for transactions that wait for a connection, such as this one: let no transaction \
        wait for another. If they only take long, set a higher maxTransactions.
        """)
    }
  }
#endif

#if SQLite
  internal import DatastoreModel
  private import Dispatch
  private import Synchronization

  /// The turns of transactions at the connections to a file.
  final class ConnectionTurns: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    static var patience: Duration { TurnLine<Waiter>.patience }

    private let line: Mutex<TurnLine<Waiter>>
    private let maximum: Int

    var waitingCount: Int { line.withLock { $0.waitingCount } }
    var takenCount: Int { line.withLock { $0.takenCount } }

    init(maximum: Int) {
      self.maximum = max(1, maximum)
      line = Mutex(TurnLine(maximum: maximum, now: .now))
    }

    /// Returns when it is the caller's turn, which ends with ``leave()``.
    ///
    /// - Parameter watch: Called when somebody begins to wait, to have ``look(now:lastUse:)`` called
    ///   when patience is over.
    /// - Throws: `CancellationError`; `DatastoreError`: `failedPrecondition` when the datastore is
    ///   closed, `resourceExhausted` if nothing happens for long.
    func enter(_ path: String?, watch: () -> Void) async throws {
      switch line.withLock({ $0.arrive(now: .now) }) {
      case .go: return
      case .closed: throw Gate.closed(path)
      case .wait(let number):
        try await withTaskCancellationHandler {
          try await withCheckedThrowingContinuation { continuation in
            switch line.withLock({ $0.wait(number: number, continuation, now: .now) }) {
            case .wait(let beginsWatch): if beginsWatch { watch() }
            case .go: continuation.resume()
            case .closed: continuation.resume(throwing: Gate.closed(path))
            case .cancelled: continuation.resume(throwing: CancellationError())
            }
          }
        } onCancel: {
          line.withLock { $0.cancel(number: number) }?.resume(throwing: CancellationError())
        }
      }
    }

    func leave() { line.withLock { $0.leave(now: .now) }?.resume() }

    /// Ends all waiting, and that of those who come later.
    func close(_ path: String?) {
      for waiter in line.withLock({ $0.close() }) { waiter.resume(throwing: Gate.closed(path)) }
    }

    /// Sees whether anybody waits in vain; when to look again, if ever.
    func look(
      now: ContinuousClock.Instant, lastUse: ContinuousClock.Instant?
    ) -> Duration? {
      switch line.withLock({ $0.look(now: now, lastUse: lastUse) }) {
      case .rest: return nil
      case .lookAgain(let rest): return rest
      case .refuse(let waiters):
        for waiter in waiters { waiter.resume(throwing: inVain) }
        return nil
      }
    }

    private var inVain: DatastoreError {
      DatastoreError(
        .resourceExhausted,
        """
        All connections for transactions were taken (maximumTransactions: \(maximum)), and for \
        \(Self.patience.components.seconds) s none of those transactions has read anything or ended. They may be waiting for \
        transactions that wait for a connection, such as this one: let no transaction wait for \
        another. If they only take long, allow more at once.
        """)
    }
  }
#endif

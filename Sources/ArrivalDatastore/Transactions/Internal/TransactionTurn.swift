internal import Arrival

/// The transactions of one datastore that wait for each other, because they met over the same entities.
final class TransactionTurns: Sendable {
  private struct State {
    var queue = ContentionQueue()
    var waiting: [ContentionQueue.Ticket: Promise<Void>] = [:]
  }

  private let state = Lock(State())

  /// Whether somebody has or waits for a turn at one of the keys.
  func isContended(_ keys: [Key]) -> Bool { state.withLock { $0.queue.isContended(keys) } }

  /// - Returns: The place, with what is done when its turn has come; `nil` if it has come at once.
  fileprivate func join(_ keys: Set<Key>) -> (ticket: ContentionQueue.Ticket, turn: Future<Void>?) {
    state.withLock { state in
      let ticket = state.queue.join(keys)
      if state.queue.hasTurn(ticket) { return (ticket, nil) }
      let promise = Promise<Void>("turn of a transaction")
      state.waiting[ticket] = promise
      return (ticket, promise.future)
    }
  }

  /// Ends the wait for a turn that has not come.
  fileprivate func release(_ ticket: ContentionQueue.Ticket) {
    state.withLock { $0.waiting.removeValue(forKey: ticket) }?.succeed(())
  }

  fileprivate func leave(_ ticket: ContentionQueue.Ticket) {
    let ended = state.withLock { state in
      (state.queue.leave(ticket) + [ticket]).compactMap { state.waiting.removeValue(forKey: $0) }
    }
    for promise in ended { promise.succeed(()) }
  }
}

/// The place of one transaction among those that met others: it is tried again when those before it have
/// ended, and not together with them.
///
/// It orders attempts and promises nothing: the backend decides who commits. So a wait may end early, and
/// ends after `limit` at the latest, for the transaction before may itself wait for this one.
final class TransactionTurn: Sendable {
  private struct Place {
    let ticket: ContentionQueue.Ticket
    /// `nil` when it has come and nobody waits for it any more.
    var turn: Future<Void>?
    /// When it was taken, and then when the wait was over, by the executor's clock in nanoseconds.
    var since: UInt64
  }

  private let turns: TransactionTurns
  private let limit: Duration
  private let executor: TaskletExecutor
  private let place = Lock<Place?>(nil)

  /// - Parameter executor: The one that the transaction runs on, for its clock.
  init(_ turns: TransactionTurns, limit: Duration, on executor: TaskletExecutor) {
    self.turns = turns
    self.limit = limit
    self.executor = executor
  }

  /// Since when it has its turn, in nanoseconds; `nil` if it has no place, so that nobody waits for it.
  var since: UInt64? { place.withLock { $0?.since } }

  /// Takes a place behind all who touch one of these keys, and gives its last one up.
  func take(_ keys: Set<Key>) {
    leave()
    let (ticket, turn) = turns.join(keys)
    place.withLock { $0 = Place(ticket: ticket, turn: turn, since: executor.now()) }
  }

  /// Takes a place if others have one at these keys; keeps the one it has.
  func takeIfContended(_ keys: [Key]) {
    if since == nil, turns.isContended(keys) { take(Set(keys)) }
  }

  /// Waits for those before it.
  ///
  /// - Returns: Whether there were any.
  /// - Throws: `CancellationError`.
  func wait() async throws -> Bool {
    guard let waiting = place.withLock({ $0 }), let turn = waiting.turn else { return false }
    if await !turn.wait(for: limit) {
      try Task.checkCancellation()
      turns.release(waiting.ticket)
    }
    place.withLock { place in
      if place?.ticket != waiting.ticket { return }
      place = Place(ticket: waiting.ticket, turn: nil, since: executor.now())
    }
    return true
  }

  /// Ends its wait, as if its turn had come.
  func stopWaiting() {
    if let ticket = place.withLock({ $0?.ticket }) { turns.release(ticket) }
  }

  /// Lets the next have its turn; a wait of its own ends.
  func leave() {
    if let ticket = place.withLock({ $0.take()?.ticket }) { turns.leave(ticket) }
  }
}

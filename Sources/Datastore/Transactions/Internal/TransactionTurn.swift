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
    let next = state.withLock { state in
      state.queue.leave(ticket).compactMap { state.waiting.removeValue(forKey: $0) }
    }
    for promise in next { promise.succeed(()) }
  }
}

/// The place of one transaction among those that met others: it is tried again when those before it have
/// ended, and not together with them.
///
/// It orders attempts and promises nothing: the backend decides who commits. So a wait may end early, and
/// ends after `limit` at the latest, for the transaction before may itself wait for this one.
final class TransactionTurn: Sendable {
  private let turns: TransactionTurns
  private let limit: Duration
  /// `turn` is `nil` when it has come and nobody waits for it any more.
  private let place = Lock<(ticket: ContentionQueue.Ticket, turn: Future<Void>?)?>(nil)
  private let lastTurn = Lock<UInt64>(0)

  init(_ turns: TransactionTurns, limit: Duration) {
    self.turns = turns
    self.limit = limit
  }

  /// Whether it has a place, so that others wait for it.
  var isTaken: Bool { place.withLock { $0 != nil } }

  /// When its turn came after a wait, by the executor's clock, in nanoseconds; zero if it never has.
  var came: UInt64 { lastTurn.withLock { $0 } }

  /// Takes a place behind all who touch one of these keys, and gives its last one up.
  func take(_ keys: Set<Key>) {
    leave()
    let taken = turns.join(keys)
    place.withLock { $0 = taken }
  }

  /// Takes a place if others have one at these keys; keeps the one it has.
  func takeIfContended(_ keys: [Key]) {
    if !isTaken, turns.isContended(keys) { take(Set(keys)) }
  }

  /// Waits for those before it.
  ///
  /// - Returns: Whether there were any.
  /// - Throws: `CancellationError`.
  @discardableResult func wait() async throws -> Bool {
    guard let waiting = place.withLock({ $0 }), let turn = waiting.turn else { return false }
    if await !turn.wait(for: limit) {
      try Task.checkCancellation()
      turns.release(waiting.ticket)
    }
    place.withLock { if $0?.ticket == waiting.ticket { $0?.turn = nil } }
    lastTurn.withLock { $0 = TaskletExecutor.current.now() }
    return true
  }

  /// Ends its wait, as if its turn had come.
  func stopWaiting() {
    if let ticket = place.withLock({ $0?.ticket }) { turns.release(ticket) }
  }

  /// Lets the next have its turn; a wait of its own ends.
  func leave() {
    guard let ticket = place.withLock({ $0.take()?.ticket }) else { return }
    turns.release(ticket)
    turns.leave(ticket)
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// Lets the transactions of one datastore that conflicted over the same entities run one by one.
final class ContentionCoordinator: Sendable {
  private struct State {
    var queue = ContentionQueue()
    var waiting: [ContentionQueue.Ticket: Promise<Void>] = [:]
  }

  private let state = Lock(State())

  /// Whether a transaction has, or waits for, its turn at one of the keys.
  func isContended(_ keys: [Key]) -> Bool { state.withLock { $0.queue.isContended(keys) } }

  /// - Returns: The ticket, and a future that is done when its turn has come. `nil` if it has its
  ///   turn now.
  fileprivate func join(_ keys: Set<Key>) -> (ticket: ContentionQueue.Ticket, turn: Future<Void>?) {
    state.withLock { state in
      let ticket = state.queue.join(keys)
      if state.queue.hasTurn(ticket) { return (ticket, nil) }
      let promise = Promise<Void>(
        "turn of a transaction", kind: "turn",
        at: SourceSite(function: #function, file: #fileID, line: #line))
      state.waiting[ticket] = promise
      return (ticket, promise.future)
    }
  }

  /// Ends the wait for a turn that has not come yet.
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

/// The place of one transaction in the queues of its keys.
///
/// The transaction is retried when the transactions ahead of it have ended, and not together with
/// them.
///
/// It only orders attempts. The backend decides which transaction commits. So a wait may end early.
/// It ends after `limit` at the latest, because the transaction ahead may itself wait for this one.
final class ContentionTicket: Sendable {
  private struct Place {
    let ticket: ContentionQueue.Ticket
    /// Done when the turn has come. `nil` after the wait.
    var turn: Future<Void>?
    /// When the place was taken, and later when the wait ended. In nanoseconds of the executor's
    /// clock.
    var since: UInt64
  }

  private let coordinator: ContentionCoordinator
  private let limit: Duration
  private let executor: TaskletExecutor
  private let place = Lock<Place?>(nil)

  /// - Parameters:
  ///   - coordinator: The coordinator of the transaction's datastore.
  ///   - limit: The longest wait.
  ///   - executor: The executor of the transaction, for its clock.
  init(_ coordinator: ContentionCoordinator, limit: Duration, on executor: TaskletExecutor) {
    self.coordinator = coordinator
    self.limit = limit
    self.executor = executor
  }

  /// When the transaction got its turn, in nanoseconds. `nil` if it has no place.
  var since: UInt64? { place.withLock { $0?.since } }

  /// Takes a place behind all transactions of these keys, and gives up the current one.
  func take(_ keys: Set<Key>) {
    leave()
    let (ticket, turn) = coordinator.join(keys)
    place.withLock { $0 = Place(ticket: ticket, turn: turn, since: executor.now()) }
  }

  /// Takes a place if other transactions have one at these keys. Keeps a place that it has.
  func takeIfContended(_ keys: [Key]) {
    if since == nil, coordinator.isContended(keys) { take(Set(keys)) }
  }

  /// Waits for the transactions ahead.
  ///
  /// - Returns: Whether any transaction was ahead.
  /// - Throws: `CancellationError`.
  func wait() async throws -> Bool {
    guard let waiting = place.withLock({ $0 }), let turn = waiting.turn else { return false }
    if await !turn.wait(for: limit) {
      try Task.checkCancellation()
      coordinator.release(waiting.ticket)
    }
    place.withLock { place in
      if place?.ticket != waiting.ticket { return }
      place = Place(ticket: waiting.ticket, turn: nil, since: executor.now())
    }
    return true
  }

  /// Ends the wait as if the turn had come.
  func stopWaiting() {
    if let ticket = place.withLock({ $0?.ticket }) { coordinator.release(ticket) }
  }

  /// Gives the place up, so that the next transaction has its turn. Ends a pending wait.
  func leave() {
    if let ticket = place.withLock({ $0.take()?.ticket }) { coordinator.leave(ticket) }
  }
}

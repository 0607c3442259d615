// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel
private import Synchronization

/// Lets transactions wait for their locks, up to a limit.
final class LockManager: Sendable {
  /// How a wait for locks ended.
  private enum Ending: Sendable { case granted, timedOut, cancelled, closed }

  private struct State {
    var table = LockTable()
    var waiters: [LockTable.Ticket: CheckedContinuation<Ending, Never>] = [:]
    /// Requests whose locks came before their task began to wait.
    var early: [LockTable.Ticket: Ending] = [:]
    var owners = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Whether nobody has a lock or waits for one.
  var isIdle: Bool { state.withLock { $0.table.isEmpty } }

  /// How many callers wait for locks.
  var waitingCount: Int { state.withLock(\.waiters.count) }

  /// A new owner of locks.
  func makeOwner() -> LockTable.Owner {
    state.withLock { state in
      state.owners += 1
      return LockTable.Owner(number: state.owners)
    }
  }

  /// Locks all of the resources, or none.
  ///
  /// - Parameter freeLocks: Called when others have the locks, to release those that nobody uses.
  /// - Throws: `DatastoreError` with `aborted` if transactions would wait for each other in a ring,
  ///   if others do not release their locks within the limit, or if the backend is closed
  ///   meanwhile; `failedPrecondition` if it was closed before. `CancellationError` if the caller
  ///   is cancelled, which then has none of the locks.
  func lock(
    _ locks: LockTable.Locks, for owner: LockTable.Owner, within limit: Duration,
    freeLocks: () -> Void
  ) async throws {
    // A caller that is gone must not get a lock, which nobody would release soon.
    try Task.checkCancellation()
    let ticket: LockTable.Ticket
    let outcome = try state.withLock { state throws(DatastoreError) -> LockTable.Outcome in
      if state.isClosed { throw Self.closedBefore }
      return state.table.request(locks, for: owner)
    }
    switch outcome {
    case .granted: return
    case .deadlock:
      throw DatastoreError(
        .aborted,
        """
        This transaction and others wait for each other's locks, so this one was ended. Try it \
        again.
        """)
    case .waits(let waiting): ticket = waiting
    }
    freeLocks()
    let timer = Task {
      try await Task.sleep(for: limit)
      end(ticket, .timedOut)
    }
    defer { timer.cancel() }
    let ending = await withTaskCancellationHandler {
      await withCheckedContinuation { wait(for: ticket, $0) }
    } onCancel: {
      end(ticket, .cancelled)
    }
    switch ending {
    case .granted: return
    case .cancelled: throw CancellationError()
    case .closed:
      throw DatastoreError(
        .aborted,
        "The datastore was closed while this call waited for a lock. Nothing was written.")
    case .timedOut:
      throw DatastoreError(
        .aborted,
        """
        Another transaction has locked the same entities for over \(limit.components.seconds) s. \
        Nothing was written. Try again.
        """)
    }
  }

  private func wait(
    for ticket: LockTable.Ticket, _ continuation: CheckedContinuation<Ending, Never>
  ) {
    let early = state.withLock { state -> Ending? in
      if let early = state.early.removeValue(forKey: ticket) { return early }
      state.waiters[ticket] = continuation
      return nil
    }
    if let early { continuation.resume(returning: early) }
  }

  /// Ends a wait without its locks, unless it has ended.
  private func end(_ ticket: LockTable.Ticket, _ ending: Ending) {
    resume { state in
      guard state.table.isWaiting(ticket) else { return [] }
      let granted = state.table.cancel(ticket)
      return [(ticket, ending)] + granted.map { ($0, .granted) }
    }
  }

  /// Ends all waits, and refuses later requests.
  func close() {
    resume { state in
      state.isClosed = true
      return state.table.cancelAll().map { ($0, .closed) }
    }
  }

  private static var closedBefore: DatastoreError {
    .closed("The datastore was closed before this call.")
  }

  /// Releases all locks of an owner.
  func release(_ owner: LockTable.Owner) {
    resume { state in state.table.release(owner).map { ($0, .granted) } }
  }

  private func resume(_ change: (inout State) -> [(LockTable.Ticket, Ending)]) {
    let ended = state.withLock { state in
      change(&state).compactMap { ticket, ending -> (CheckedContinuation<Ending, Never>, Ending)? in
        guard let waiter = state.waiters.removeValue(forKey: ticket) else {
          state.early[ticket] = ending
          return nil
        }
        return (waiter, ending)
      }
    }
    for (waiter, ending) in ended { waiter.resume(returning: ending) }
  }
}

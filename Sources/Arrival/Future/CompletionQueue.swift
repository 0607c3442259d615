// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The futures of an ``AsCompleted`` in the order in which they are done, and the loops that wait
/// for the next one. Bounded by the number of futures.
// `@unchecked Sendable`: as its base class; what changes is behind a lock.
final class CompletionQueue: CombiningSource, @unchecked Sendable {
  /// One loop that waits for its next future.
  // `@unchecked Sendable`: what changes belongs to the queue's lock.
  private final class Turn: @unchecked Sendable {
    let waiter: TaskWaiter
    var isCancelled = false
    var isOver = false
    /// The future it was given; `nil` at the end.
    var index: Int?

    init(_ waiter: TaskWaiter) { self.waiter = waiter }
  }

  private enum Next {
    case arrived(Int)
    case end
    case later
  }

  private struct State {
    /// Futures that are done and not taken yet.
    var arrived = RingBuffer<Int>()
    /// How many futures are not done.
    var missing: Int
    /// First come, first served.
    var turns = RingBuffer<Turn>()
    var isClosed = false
    /// A loop ended because its task was cancelled.
    var wasCancelled = false

    /// Takes the next future that is done; `later` if there is none yet.
    mutating func take() -> Next {
      if let index = arrived.popFirst() { return .arrived(index) }
      return missing == 0 ? .end : .later
    }

    /// Takes the next future for a loop that waits; `true` if its turn is over.
    mutating func take(for turn: Turn) -> Bool {
      switch take() {
      case .arrived(let index): turn.index = index
      case .end: break
      case .later: return false
      }
      turn.isOver = true
      return true
    }

    mutating func remove(_ turn: Turn) {
      for _ in 0..<turns.count {
        if let other = turns.popFirst(), other !== turn { turns.append(other) }
      }
    }
  }

  private let upstreams: Upstreams
  private let state: Lock<State>

  init(_ futures: [FutureCore]) {
    upstreams = Upstreams(futures, on: .waiters)
    state = Lock(State(missing: futures.count))
    super.init()
  }

  func register() {
    upstreams.register(self) { state.withLock { $0.isClosed } }
  }

  /// Removes the registrations, because no loop asks any more.
  func close() {
    let (missing, wasCancelled) = state.withLock { state in
      state.isClosed = true
      return (state.missing, state.wasCancelled)
    }
    if missing > 0 { upstreams.unregister(byCancellation: wasCancelled) }
  }

  override func upstreamDone(_ index: Int, _ upstream: FutureCore) {
    var served: [Turn] = []
    let (isLast, othersWait) = state.withLock { state in
      state.missing -= 1
      state.arrived.append(index)
      while let turn = state.turns.first, state.take(for: turn) {
        served.append(turn)
        _ = state.turns.popFirst()
      }
      return (state.missing == 0, !state.turns.isEmpty)
    }
    if isLast { upstreams.forget() }
    for turn in served { turn.waiter.wake() }
    // The loops that wait depend on fewer futures now.
    if othersWait, !upstreams.someCanEnd() {
      for turn in state.withLock({ $0.turns.all }) {
        DeadlockCheck.failIfDeadlocked(by: turn.waiter)
      }
    }
  }

  /// The next future that is done; `nil` when all have been given.
  nonisolated(nonsending) func next() async throws(CancellationError) -> Int? {
    switch state.withLock({ $0.take() }) {
    case .arrived(let index): return index
    case .end: return nil
    case .later: break
    }
    let turn = Turn(TaskWaiter(.source(self)))
    await wait(turn)
    return try state.withLock { state throws(CancellationError) in
      if turn.isOver { return turn.index }
      state.wasCancelled = true
      throw CancellationError()
    }
  }

  private nonisolated(nonsending) func wait(_ turn: Turn) async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        turn.waiter.continuation = continuation
        turn.waiter.begin()
        let waits = state.withLock { state in
          if turn.isCancelled || state.take(for: turn) { return false }
          state.turns.append(turn)
          return true
        }
        if waits {
          DeadlockCheck.failIfDeadlocked(by: turn.waiter) { upstreams.someCanEnd() }
        } else {
          turn.waiter.wake()
        }
      }
    } onCancel: {
      // The code that takes it off the queue resumes it, so it is resumed once.
      let wasWaiting = state.withLock { state in
        if turn.isOver || turn.isCancelled { return false }
        turn.isCancelled = true
        let count = state.turns.count
        state.remove(turn)
        return state.turns.count < count
      }
      if wasWaiting { turn.waiter.wake() }
    }
    turn.waiter.end()
  }

  override func dependencies() -> Dependencies {
    if state.withLock({ !$0.arrived.isEmpty || $0.missing == 0 }) { return .external }
    return .anyOf(upstreams.pending)
  }
}

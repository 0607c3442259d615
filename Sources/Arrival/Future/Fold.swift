// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The source of a future that makes one value of the values of many others.
// `@unchecked Sendable`: as its base class; what changes is atomic or behind a lock.
final class Fold<V: Sendable, Sum: Sendable>: CombiningSource, @unchecked Sendable {
  /// What one call of the user's function gives.
  enum Step: Sendable {
    case value(Sum)
    case future(Future<Sum>)
  }

  private struct State {
    var sum: Sum
    /// The upstream whose turn it is.
    var next = 0
    /// A thread makes steps, or a step's future is not done.
    var isBusy = false
    /// The future of a step, while it is waited for.
    var step: (future: Future<Sum>, registration: Registration)?
    var isOver = false
  }

  /// The number of the registration with a step's future.
  private static var stepIndex: Int { -1 }

  private let futures: [Future<V>]
  private let upstreams: Upstreams
  private let combine: @Sendable (Sum, V) throws -> Step
  /// Where the user's function runs: in the context of the code that called `reduce`.
  private let context = CallbackContext.capture()
  private let state: Lock<State>

  private init(
    _ futures: [Future<V>], _ initial: Sum,
    _ combine: @escaping @Sendable (Sum, V) throws -> Step
  ) {
    self.futures = futures
    self.combine = combine
    upstreams = Upstreams(futures, on: .callbacks)
    state = Lock(State(sum: initial))
  }

  static func future(
    of futures: [Future<V>], from initial: Sum, name: String?, site: SourceSite,
    _ combine: @escaping @Sendable (Sum, V) throws -> Step
  ) -> Future<Sum> {
    let source = Fold(futures, initial, combine)
    let future = Future<Sum>(pending: name, site: site, source: source)
    source.own(future)
    source.upstreams.register(source) { future.done() }
    source.goOn()
    return future
  }

  override func upstreamDone(_ index: Int, _ upstream: FutureCore) {
    if let failure = upstream.failure {
      releaseFuture()?.fail(carrying: failure)
    } else if index == Self.stepIndex {
      stepArrived(Future<Sum>.of(upstream))
    } else {
      goOn()
    }
  }

  // MARK: Steps

  private enum Turn {
    case step(Sum, V)
    case end(Sum)
    case later
  }

  private func goOn() { make(state.withLock { $0.isBusy ? .later : nextTurn(&$0) }) }

  private func stepArrived(_ step: Future<Sum>) {
    make(
      state.withLock { state in
        state.step = nil
        state.sum = step.storedValue
        return nextTurn(&state)
      })
  }

  /// Under the lock. An upstream that is not done when it is looked at calls `goOn` later, and
  /// finds the state not busy.
  private func nextTurn(_ state: inout State) -> Turn {
    state.isBusy = false
    if state.isOver { return .later }
    if state.next == futures.count { return .end(state.sum) }
    let next = futures[state.next]
    guard next.done(), next.failure == nil else { return .later }
    state.next += 1
    state.isBusy = true
    return .step(state.sum, next.storedValue)
  }

  /// Makes all steps that can be made now.
  private func make(_ first: Turn) {
    var turn = first
    while case .step(let sum, let value) = turn {
      do {
        switch try CallbackContext.run(in: context, { try combine(sum, value) }) {
        case .value(let sum):
          turn = state.withLock { state in
            state.sum = sum
            return nextTurn(&state)
          }
        case .future(let step):
          wait(for: step)
          return
        }
      } catch {
        _ = releaseFuture()?.fail(with: error)
        return
      }
    }
    if case .end(let sum) = turn {
      releaseFuture().map { Future<Sum>.of($0) }?.succeed(sum)
    }
  }

  private func wait(for step: Future<Sum>) {
    let registration = Registration(index: Self.stepIndex, source: self)
    let isOver = state.withLock { state in
      if !state.isOver { state.step = (step, registration) }
      return state.isOver
    }
    if isOver { return }
    step.addCallback(registration)
    // The future may have ended meanwhile, and found no registration to remove.
    if state.withLock({ $0.isOver }) { leave(step, registration) }
    if let future { DeadlockCheck.failIfDeadlocked(future) }
  }

  // MARK: As a source

  private func end() {
    releaseFuture()
    let step = state.withLock { state in
      state.isOver = true
      return state.step.take()
    }
    if let step { leave(step.future, step.registration) }
    upstreams.unregister(byCancellation: isCancelled)
  }

  override func futureDidComplete(_ future: FutureCore) { end() }

  override func futureWasDropped() {
    isCancelled = true
    end()
  }

  private var pending: [FutureCore] {
    let step = state.withLock { $0.step?.future }
    return upstreams.pending + (step.map { [$0] } ?? [])
  }

  override func dependencies() -> Dependencies {
    if upstreams.futures.contains(where: { $0.done() && $0.failure != nil }) { return .external }
    return .allOf(pending)
  }

  override func delegatesHelp(mayRunHere: inout Bool) -> [FutureCore]? { pending }
}

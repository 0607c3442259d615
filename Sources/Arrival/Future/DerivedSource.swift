internal import Synchronization

/// The source of a future that one other future completes, and then perhaps another.
// `@unchecked Sendable`: as its base class; what changes is behind a lock or atomic.
class DerivedSource: CombiningSource, @unchecked Sendable {
  private struct State {
    var upstream: FutureCore?
    var registration: Registration?
    var body: (@Sendable (FutureCore) -> Void)?
    var stage = 0
    var isOver = false
  }

  private let state = Lock(State())

  /// Waits for `next` from now on, and calls `body` when it is done.
  final func follow(_ next: FutureCore, _ body: @escaping @Sendable (FutureCore) -> Void) {
    var old: State?
    let registration = state.withLock { state -> Registration? in
      old = state
      if state.isOver { return nil }
      let new = Registration(index: state.stage + 1, source: self)
      state = State(upstream: next, registration: new, body: body, stage: new.index)
      return new
    }
    withExtendedLifetime(old) {}
    guard let registration else { return }
    next.addCallback(registration)
    // The future may have ended meanwhile, and found no registration to remove.
    if state.withLock({ $0.isOver }) { leave(next, registration) }
  }

  override final func upstreamDone(_ index: Int, _ upstream: FutureCore) {
    let body = state.withLock { $0.stage == index ? $0.body.take() : nil }
    body?(upstream)
  }

  /// Stops waiting.
  private func end() {
    releaseFuture()
    var old = State()
    old.isOver = true
    state.withLock { swap(&$0, &old) }
    if let upstream = old.upstream, let registration = old.registration, !upstream.done() {
      leave(upstream, registration)
    }
  }

  override func futureDidComplete(_ future: FutureCore) { end() }

  override func futureWasDropped() {
    isCancelled = true
    end()
  }

  override func delegatesHelp(mayRunHere: inout Bool) -> [FutureCore]? {
    state.withLock { $0.upstream }.map { [$0] } ?? []
  }

  override func dependencies() -> Dependencies {
    state.withLock { $0.upstream }.map { .allOf([$0]) } ?? .external
  }
}

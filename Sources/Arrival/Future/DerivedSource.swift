// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The source of a future that one other future completes, and then perhaps another.
// `@unchecked Sendable`: as its base class; what changes is behind a lock or atomic.
class DerivedSource: CombiningSource, @unchecked Sendable {
  private struct State {
    var upstream: FutureCore?
    var registration: Registration?
    var body: (@Sendable (DerivedSource, FutureCore) -> Void)?
    var stage = 0
    var isOver = false
  }

  private let state = Lock(State())

  /// Waits for `next` from now on, and calls `body` with this source when it is done.
  final func follow(
    _ next: FutureCore, _ body: @escaping @Sendable (DerivedSource, FutureCore) -> Void
  ) {
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

  /// As `follow`, instead of it; `false` if `next` is done, and then `body` is not called.
  final func followIfPending(
    _ next: FutureCore, _ body: @escaping @Sendable (DerivedSource, FutureCore) -> Void
  ) -> Bool {
    let registration = Registration(index: 1, source: self)
    let new = State(
      upstream: next, registration: registration, body: body, stage: registration.index)
    state.withLock { $0 = new }
    if next.addCallbackIfPending(registration) { return true }
    // The registration holds the source.
    state.withLock { $0.registration = nil }
    return false
  }

  /// The future that it waits for; `nil` if the source has ended.
  final var upstream: FutureCore? { state.withLock { $0.upstream } }

  override final func upstreamDone(_ index: Int, _ upstream: FutureCore) {
    // A variable: a closure that a generic function returns is allocated anew.
    var body: (@Sendable (DerivedSource, FutureCore) -> Void)?
    state.withLock { if $0.stage == index { body = $0.body.take() } }
    body?(self, upstream)
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
    upstream.map { [$0] } ?? []
  }

  override func dependencies() -> Dependencies {
    upstream.map { .allOf([$0]) } ?? .external
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A source that keeps its future alive until the future is done: a tasklet, or other futures.
///
/// Something may have to be told when the future is done, so an operation holds its future. The
/// exception is an abandoned future, see `FutureCore.waiterLeft(byCancellation:)`. It is held
/// weakly, and when nothing else holds it, its result can never be seen and `futureWasDropped()` is
/// called.
///
/// `@unchecked Sendable`: what it holds is behind a lock.
class OwningSource: FutureSource, @unchecked Sendable {
  private enum Hold {
    case nothing
    case strong(FutureCore)
    case weak(WeakFuture)

    var future: FutureCore? {
      switch self {
      case .nothing: nil
      case .strong(let future): future
      case .weak(let reference): reference.future
      }
    }
  }

  private let hold: Lock<Hold>

  /// - Parameter future: what it holds from the beginning; otherwise `own(_:)` is called.
  init(owning future: FutureCore? = nil) {
    hold = Lock(future.map { .strong($0) } ?? .nothing)
  }

  /// Holds the future. To be called once, before the future can be completed.
  final func own(_ future: FutureCore) { hold.withLock { $0 = .strong(future) } }

  /// The future, unless it is gone or was released.
  final var future: FutureCore? { hold.withLock { $0.future } }

  /// Stops holding the future and returns it, for the code that completes it. `nil` if it is gone
  /// or was released before.
  @discardableResult
  final func releaseFuture() -> FutureCore? {
    // What was held is freed outside of the lock. The future is read inside: code that is about to
    // make a weak hold strong again has the future until then, and comes too late once the hold is
    // gone.
    var old = Hold.nothing
    return hold.withLock { hold in
      let future = hold.future
      swap(&hold, &old)
      return future
    }
  }

  fileprivate func hold(_ future: FutureCore, weakly: Bool) {
    var new = weakly ? Hold.weak(WeakFuture(future)) : .strong(future)
    hold.withLock { old in
      // A future that was released is not held again.
      if case .nothing = old { return }
      swap(&old, &new)
    }
  }

  override func lastWaiterLeft(_ future: FutureCore, byCancellation: Bool) {
    if byCancellation { future.holdWeakly(by: self) }
  }

  /// The future was abandoned, and then nothing held it: cancel what would have completed it.
  func futureWasDropped() {}
}

/// `@unchecked Sendable`: loading a weak reference is safe from any thread, and nothing changes it.
private final class WeakFuture: @unchecked Sendable {
  private(set) weak var future: FutureCore?

  init(_ future: FutureCore) { self.future = future }
}

/// Stands between a future that is held weakly and its source. Only the future holds it, so that it
/// is freed with the future, and then tells the source.
// `@unchecked Sendable`: as its base class; what changes is atomic.
private final class DropSentinel: SourceLink, @unchecked Sendable {
  private let guarded: OwningSource
  private let armed = Atomic<Bool>(false)

  /// Whether a pending future refers to it.
  fileprivate var isArmed: Bool {
    get { armed.load(ordering: .acquiring) }
    set { armed.store(newValue, ordering: .releasing) }
  }

  init(_ guarded: OwningSource) { self.guarded = guarded }

  deinit {
    if isArmed { DroppedFutures.add(guarded) }
  }

  override var source: FutureSource { guarded }

  override func futureDidComplete(_ future: FutureCore) {
    isArmed = false
    guarded.futureDidComplete(future)
  }
}

/// The sources whose futures were dropped on this thread.
///
/// A source that is told may drop other futures. Their sources wait here until it returns, so that
/// a chain of any length is dropped on a flat stack.
struct DroppedFutures {
  private var sources: [OwningSource] = []
  private var isTelling = false

  fileprivate static func add(_ source: OwningSource) {
    let thread = ThreadLocals.current
    thread.dropped.sources.append(source)
    if thread.dropped.isTelling { return }
    thread.dropped.isTelling = true
    while let source = thread.dropped.sources.popLast() { source.futureWasDropped() }
    thread.dropped.isTelling = false
  }
}

extension FutureCore {
  /// Something that waited or was registered has left. If it was the last, and left because of a
  /// cancellation, the future is *abandoned*: it goes on as long as something holds it.
  ///
  /// A future that exists only for its followers is cancelled.
  final func waiterLeft(byCancellation: Bool) {
    var endsUnobserved = false
    let link = state.withLock { state -> SourceLink? in
      if isDone.load(ordering: .relaxed) || !state.isUnobserved { return nil }
      endsUnobserved = state.endsUnobserved
      return state.link
    }
    if endsUnobserved {
      cancelUnlessObserved()
    } else {
      link?.source.lastWaiterLeft(self, byCancellation: byCancellation)
    }
  }

  /// Cancels the future, unless something was registered meanwhile. In one step, so that what
  /// registers is never told of a cancellation that was not meant for it.
  private func cancelUnlessObserved() {
    let failure = Failure(CancellationError(), site: nil, future: self)
    failure.ignore()
    var link: SourceLink?
    let isCancelled = state.withLock { state in
      if isDone.load(ordering: .relaxed) || !state.isUnobserved { return false }
      self.failure = failure
      isDone.store(true, ordering: .releasing)
      link = state.link.take()
      return true
    }
    if isCancelled { link?.futureDidComplete(self) }
  }

  /// Gives a pending future another source if nothing is registered with it; `false` if it did not.
  final func exchangeSource(_ old: FutureSource, for new: FutureSource) -> Bool {
    state.withLock { state in
      guard !isDone.load(ordering: .relaxed), state.isUnobserved, state.link === old
      else { return false }
      state.link = new
      return true
    }
  }

  /// Lets the source hold the future weakly from now on, unless a waiter was registered meanwhile.
  final func holdWeakly(by owner: OwningSource) {
    let sentinel = DropSentinel(owner)
    let isWeak = state.withLock { state in
      guard !isDone.load(ordering: .relaxed), state.isUnobserved, let link = state.link
      else { return false }
      // It has its sentinel already if it was abandoned before.
      if link === owner {
        state.link = sentinel
        sentinel.isArmed = true
      }
      state.isHeldWeakly = true
      return true
    }
    if isWeak { applyHold(of: owner) }
  }

  /// Makes the source hold the future as `isHeldWeakly` says. Every change of that flag is followed
  /// by a call. The flag is read again after the hold was set, so the last of several calls at the
  /// same time leaves the hold right.
  ///
  /// - Parameter afterReading: called between the two, for tests of that moment.
  final func applyHold(of owner: OwningSource, afterReading: () -> Void = {}) {
    while true {
      let weakly = state.withLock { $0.isHeldWeakly }
      afterReading()
      owner.hold(self, weakly: weakly)
      if state.withLock({ $0.isHeldWeakly }) == weakly { return }
    }
  }
}

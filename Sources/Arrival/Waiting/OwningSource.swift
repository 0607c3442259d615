internal import Synchronization

/// A source that keeps its future alive until the future is done: a tasklet, or other futures.
///
/// Somebody may have to be told when it is done, so an operation holds its future. The exception is
/// an abandoned one, see `FutureCore.left(byCancellation:)`. From then on it is held loosely, and if
/// everybody else lets go of it too, nobody can ever see its result and `futureWasDropped` is called.
///
/// `@unchecked Sendable`: what it holds is behind a lock.
class OwningSource: FutureSource, @unchecked Sendable {
  private enum Hold {
    case nothing
    case firmly(FutureCore)
    case loosely(WeakFuture)

    var future: FutureCore? {
      switch self {
      case .nothing: nil
      case .firmly(let future): future
      case .loosely(let reference): reference.future
      }
    }
  }

  private let hold = Lock(Hold.nothing)

  /// To be called once, before the future can be completed.
  final func own(_ future: FutureCore) { hold.withLock { $0 = .firmly(future) } }

  /// The future, unless it is gone or was let go of.
  final var future: FutureCore? { hold.withLock { $0.future } }

  /// The future, for whoever completes it: it is held no longer. `nil` if it is gone.
  @discardableResult
  final func letGo() -> FutureCore? {
    // What it held is freed outside of the lock. Looked for inside: whoever is about to make a loose hold
    // firm again has the future until then, and comes too late once the hold is gone.
    var old = Hold.nothing
    return hold.withLock { hold in
      let future = hold.future
      swap(&hold, &old)
      return future
    }
  }

  fileprivate func hold(_ future: FutureCore, loosely: Bool) {
    var new = loosely ? Hold.loosely(WeakFuture(future)) : .firmly(future)
    hold.withLock { old in
      // Once let go of, it is not held again.
      if case .nothing = old { return }
      swap(&old, &new)
    }
  }

  override final var owner: OwningSource? { self }

  override func waitersLeft(_ future: FutureCore, byCancellation: Bool) {
    if byCancellation { future.holdLoosely(by: self) }
  }

  /// The future was abandoned, and then nobody held it: cancel what would have completed it.
  func futureWasDropped() {}
}

/// `@unchecked Sendable`: loading a weak reference is safe from any thread, and nobody changes it.
private final class WeakFuture: @unchecked Sendable {
  private(set) weak var future: FutureCore?

  init(_ future: FutureCore) { self.future = future }
}

/// Stands between a future that is held loosely and its source. Only the future holds it, so that it
/// is freed with the future.
// `@unchecked Sendable`: as its base class; what changes is atomic.
private final class Leash: FutureSource, @unchecked Sendable {
  private let held: OwningSource
  /// Whether it is the source of a pending future.
  fileprivate var isTied: Bool {
    get { tied.load(ordering: .acquiring) }
    set { tied.store(newValue, ordering: .releasing) }
  }
  private let tied = Atomic<Bool>(false)

  init(_ held: OwningSource) { self.held = held }

  deinit {
    if isTied { DroppedFutures.add(held) }
  }

  override var owner: OwningSource? { held }
  override var kind: String { held.kind }
  override var pendingText: String? { held.pendingText }
  override func advance(mayRun: Bool) { held.advance(mayRun: mayRun) }
  override func forwards(mayRun: inout Bool) -> [FutureCore]? { held.forwards(mayRun: &mayRun) }
  override func willHoldUpTasklet() { held.willHoldUpTasklet() }
  override func dependencies() -> Dependencies { held.dependencies() }
  override func cancel(_ future: FutureCore) { held.cancel(future) }

  override func futureDidComplete(_ future: FutureCore) {
    isTied = false
    held.futureDidComplete(future)
  }

  override func waitersLeft(_ future: FutureCore, byCancellation: Bool) {
    held.waitersLeft(future, byCancellation: byCancellation)
  }
}

/// The sources whose futures were dropped on this thread. One that hears of it may drop others:
/// they wait here until it returns, so that a chain of any length is dropped on a flat stack.
struct DroppedFutures {
  private var sources: [OwningSource] = []
  private var isTelling = false

  fileprivate static func add(_ source: OwningSource) {
    let thread = ThreadState.current
    thread.dropped.sources.append(source)
    if thread.dropped.isTelling { return }
    thread.dropped.isTelling = true
    while let source = thread.dropped.sources.popLast() { source.futureWasDropped() }
    thread.dropped.isTelling = false
  }
}

extension FutureCore {
  /// Somebody who waited or was registered has left. If it was the last, and left because of a
  /// cancellation, the future is *abandoned*: it goes on as long as anybody holds it.
  final func left(byCancellation: Bool) {
    let source = state.withLock { state in
      isDone.load(ordering: .relaxed) || !state.isUnobserved ? nil : state.source
    }
    source?.waitersLeft(self, byCancellation: byCancellation)
  }

  /// The source need not keep the future from now on, unless somebody has registered meanwhile.
  final func holdLoosely(by owner: OwningSource) {
    let leash = Leash(owner)
    let isLoose = state.withLock { state in
      guard !isDone.load(ordering: .relaxed), state.isUnobserved, let source = state.source
      else { return false }
      // It has its leash already if it was abandoned before.
      if source === owner {
        state.source = leash
        leash.isTied = true
      }
      state.isHeldLoosely = true
      return true
    }
    if isLoose { settleHold(by: owner) }
  }

  /// Makes the source hold the future as `isHeldLoosely` says. Every change of that flag is followed by
  /// a call. The flag is read again after the hold was set, so the last of several calls at the same
  /// time leaves the hold right.
  /// - Parameter afterReading: called between the two, for tests of that moment.
  final func settleHold(by owner: OwningSource, afterReading: () -> Void = {}) {
    while true {
      let loosely = state.withLock { $0.isHeldLoosely }
      afterReading()
      owner.hold(self, loosely: loosely)
      if state.withLock({ $0.isHeldLoosely }) == loosely { return }
    }
  }
}

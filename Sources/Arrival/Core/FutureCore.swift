// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// The part of a future that does not depend on the type of its value: state, waiters, name.
///
/// ``Future`` inherits its untyped members from it. It cannot be made or subclassed outside of this
/// package.
///
/// States: *pending* → *done*, once. Everything mutable is written under `state`'s lock; `failure`
/// and the subclass's value are written once, before `isDone` is stored with release ordering, and
/// read only after it was loaded with acquire ordering, so reading a done future takes no lock.
/// A waiter is registered under the same lock that completion takes, so each is either on the list
/// that completion empties or sees `isDone`: no wake-up is lost.
///
/// `@unchecked Sendable`: see above.
public class FutureCore: @unchecked Sendable {
  struct State {
    /// Threads and tasks.
    var waiters = WaiterList()
    /// Closures of `onCompletion`.
    var callbacks = WaiterList()
    /// What will complete the future, if that is known. Dropped on completion.
    var link: SourceLink?
    /// A thread is running callbacks: one registered now queues behind them.
    var isDelivering = false
    /// The source holds the future weakly; see `OwningSource`.
    var isHeldWeakly = false
    /// The future that would have carried an error on has left: an error is not reported.
    var ignoresErrors = false
    /// It exists only for the futures that follow it: it is cancelled when the last of them leaves.
    var endsUnobserved = false

    /// Registers a callback. Returns the source if it has to hold the future from now on.
    mutating func add(callback: Waiter) -> OwningSource? {
      callbacks.add(callback)
      if !isHeldWeakly { return nil }
      // A callback has to be called, even if nothing else holds the future.
      isHeldWeakly = false
      return link?.source as? OwningSource
    }

    /// Nothing is registered.
    var isUnobserved: Bool { waiters.isEmpty && callbacks.isEmpty && !isDelivering }
  }

  @usableFromInline final let isDone: Atomic<Bool>
  final let state: Lock<State>
  @usableFromInline @exclusivity(unchecked) final var failure: Failure?
  /// The subclass's value, once the future is done without a failure.
  @usableFromInline final let slot = ValueSlot()

  /// The name given at creation, for descriptions and reports.
  public final let name: String?
  /// Where the future was made.
  public final let creationSite: SourceSite

  @usableFromInline
  init(name: String?, site: SourceSite, source: FutureSource? = nil, isDone: Bool = false) {
    self.name = name
    creationSite = site
    self.isDone = Atomic(isDone)
    state = Lock(State(link: source))
  }

  // MARK: Completing

  /// Whether a value or an error has arrived. Never waits and runs no work.
  @inlinable
  public final func done() -> Bool { isDone.load(ordering: .acquiring) }

  /// The half of completion that does not know the value: `write` stores it if this is the first.
  @usableFromInline
  @discardableResult
  final func complete(_ write: () -> Void) -> Bool {
    // Variables, not a returned value: that would free the last callback outside of the delivery,
    // and what that completes would grow the stack.
    var waiters: Waiter?
    var callbacks: Waiter?
    var link: SourceLink?
    let isFirst = state.withLock { state in
      if isDone.load(ordering: .relaxed) { return false }
      write()
      isDone.store(true, ordering: .releasing)
      waiters = state.waiters.takeAll()
      callbacks = state.callbacks.takeAll()
      link = state.link.take()
      state.isDelivering = callbacks != nil
      return true
    }
    guard isFirst else { return false }
    if waiters != nil { fire(waiters.take()) }
    link?.futureDidComplete(self)
    if callbacks != nil { DeliveryQueue.deliver(self, &callbacks) }
    return true
  }

  private func fire(_ chain: Waiter?) {
    var next = chain
    while let current = next {
      next = current.detachNext()
      current.fire(self)
    }
  }

  /// Fails the future; `false` if it was done.
  @usableFromInline
  final func fail(with error: any Error, at site: SourceSite? = nil) -> Bool {
    if isDone.load(ordering: .acquiring) { return false }
    return fail(with: Failure(error, site: site, future: self))
  }

  final func fail(with failure: Failure) -> Bool {
    let isFirst = complete { self.failure = failure }
    // An error that was refused or is ignored is not reported.
    if !isFirst || state.withLock({ $0.ignoresErrors }) { failure.ignore() }
    return isFirst
  }

  /// The callbacks registered so far, in order, for the thread that delivers them. If there are
  /// none the delivery is over, and the next registration begins another.
  final func takeCallbacks() -> Waiter? {
    state.withLock { state in
      let first = state.callbacks.takeAll()
      if first == nil { state.isDelivering = false }
      return first
    }
  }

  // MARK: Registering

  /// Puts a waiter on the list; `false` if the future is done or the waiter's task is cancelled.
  final func add(_ waiter: Waiter) -> Bool {
    state.withLock { state in
      if isDone.load(ordering: .relaxed) || waiter.isCancelled { return false }
      state.waiters.add(waiter)
      return true
    }
  }

  /// Takes a waiter off the list; `true` if it was on the list, and so will never be fired.
  @discardableResult
  final func remove(_ waiter: Waiter) -> Bool { state.withLock { $0.waiters.remove(waiter) } }

  /// Takes a waiter off the list, as `remove` does, and lets a later `add` of it be refused.
  final func cancel(_ waiter: Waiter) -> Bool {
    state.withLock { state in
      waiter.isCancelled = true
      return state.waiters.remove(waiter)
    }
  }

  @usableFromInline
  final func addCallback(_ waiter: Waiter) {
    var owner: OwningSource?
    let deliversNow = state.withLock { state in
      if isDone.load(ordering: .relaxed), !state.isDelivering {
        state.isDelivering = true
        return true
      }
      owner = state.add(callback: waiter)
      return false
    }
    if let owner { applyHold(of: owner) }
    if deliversNow {
      var chain: Waiter? = waiter
      DeliveryQueue.deliver(self, &chain)
    }
  }

  /// Registers a callback, which is called later; `false` if the future is done.
  final func addCallbackIfPending(_ waiter: Waiter) -> Bool {
    var owner: OwningSource?
    let isPending = state.withLock { state in
      if isDone.load(ordering: .relaxed) { return false }
      owner = state.add(callback: waiter)
      return true
    }
    if let owner { applyHold(of: owner) }
    return isPending
  }

  /// From now on it exists only for the futures that follow it.
  final func endWhenUnobserved() { state.withLock { $0.endsUnobserved = true } }

  /// Takes a callback off the list, unless it was taken for delivery.
  final func removeCallback(_ waiter: Waiter) {
    _ = state.withLock { $0.callbacks.remove(waiter) }
  }

  /// What will complete the future, while it is pending.
  final var source: FutureSource? { state.withLock { $0.link }?.source }

  /// Whether an error has arrived. Asking does not count as having looked at the error.
  package final var hasFailed: Bool { done() && failure != nil }

  /// Whether any waiter or callback is registered: for tests that none is left behind.
  package final var hasWaiters: Bool {
    state.withLock { !$0.waiters.isEmpty || !$0.callbacks.isEmpty }
  }

  /// Whether a tasklet may be unable to end before this future is done.
  final var mayHoldUpTasklet: Bool {
    state.withLock { state in
      state.isDelivering || !state.callbacks.isEmpty || state.waiters.mayHoldUpTasklet
    }
  }

  /// The state, for `description`; the subclass knows the value.
  @usableFromInline
  func describeState() -> String { "pending" }

  // MARK: Futures of the same type

  /// A pending future of the same type.
  func makeSibling(at site: SourceSite, source: FutureSource) -> FutureCore {
    fatalError("a future overrides makeSibling(at:source:)")
  }

  /// Completes the future with the outcome of another one of the same type, which is done; `false`
  /// if this one was done before.
  func complete(asDone other: FutureCore) -> Bool {
    fatalError("a future overrides complete(asDone:)")
  }
}

extension FutureCore {
  /// An error that is still to come is not reported: the future that was to carry it on has left.
  final func ignoreErrors() {
    let isIgnored = state.withLock { state in
      // Others follow it, or it is cancelled.
      if state.endsUnobserved { return false }
      state.ignoresErrors = true
      return true
    }
    if isIgnored, done() { failure?.ignore() }
  }

  /// Fails the future with the error of another one. This counts as having looked at the error.
  @discardableResult
  final func fail(carrying failure: Failure) -> Bool {
    fail(with: Failure(failure.look(), site: nil, future: self, upstream: failure.trace))
  }
}

extension Failure {
  /// - Parameters:
  ///   - site: where a promise was failed, if that is how the error came.
  ///   - upstream: what the error came through before it reached this future. By default what the
  ///     current tasklet knows of its throw.
  ///   - fanOut: given if one error fails many futures.
  convenience init(
    _ error: any Error, site: SourceSite?, future: FutureCore, upstream: Trace? = nil,
    fanOut: FanOut? = nil
  ) {
    self.init(
      error,
      trace: Trace(
        name: future.name, creationSite: future.creationSite, failureSite: site,
        upstream: upstream ?? ThrowRecorder.trace(of: error)),
      fanOut: fanOut)
  }
}

public import Synchronization

/// The part of a future that does not depend on the type of its value: state, waiters, name.
///
/// You meet it as what ``Future`` inherits its untyped members from and as what ``AnyFuture`` stands
/// on. It cannot be made or subclassed outside this package.
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
    /// What will complete the future, if Arrival knows; dropped on completion.
    var source: FutureSource?
    /// A thread is running callbacks: one registered now queues behind them.
    var isDelivering = false
    /// The source lets go of the future when everybody else does; see `OwningSource`.
    var isHeldLoosely = false
    /// Whoever would have carried an error on has left: it need not be reported.
    var forgivesErrors = false

    /// Nobody is registered.
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
    state = Lock(State(source: source))
  }

  // MARK: Completing

  /// The half of completion that does not know the value: `write` stores it if this is the first.
  @usableFromInline
  @discardableResult
  final func complete(_ write: () -> Void) -> Bool {
    // Variables, not a value handed out: whoever holds the last callback frees it outside of the
    // delivery, and what that completes would grow the stack.
    var waiters: Waiter?
    var callbacks: Waiter?
    var source: FutureSource?
    let isFirst = state.withLock { state in
      if isDone.load(ordering: .relaxed) { return false }
      write()
      isDone.store(true, ordering: .releasing)
      waiters = state.waiters.takeAll()
      callbacks = state.callbacks.takeAll()
      source = state.source.take()
      state.isDelivering = callbacks != nil
      return true
    }
    guard isFirst else { return false }
    if waiters != nil { fire(waiters.take()) }
    source?.futureDidComplete(self)
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
    let way = ThrowRecorder.trace(of: error)
    return fail(with: Failure(error, site: site, future: self, upstream: way))
  }

  final func fail(with failure: Failure) -> Bool {
    let isFirst = complete { self.failure = failure }
    // Refused, or forgiven: then nobody need hear of it.
    if !isFirst || state.withLock({ $0.forgivesErrors }) { failure.forgive() }
    return isFirst
  }

  /// The callbacks registered so far, in order, for the thread that delivers them. When there are
  /// none left the delivery is over, and the next to register begins another.
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

  /// Takes a waiter off the list; `true` if it was on it, and so will never be fired.
  @discardableResult
  final func remove(_ waiter: Waiter) -> Bool { state.withLock { $0.waiters.remove(waiter) } }

  /// As `remove`, and a later `add` of the waiter is refused too.
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
      state.callbacks.add(waiter)
      if state.isHeldLoosely {
        // A callback has to be called, whoever lets go of the future.
        state.isHeldLoosely = false
        owner = state.source?.owner
      }
      return false
    }
    if let owner { settleHold(by: owner) }
    if deliversNow {
      var chain: Waiter? = waiter
      DeliveryQueue.deliver(self, &chain)
    }
  }

  /// Takes a callback off the list, if it was not taken for delivery.
  final func removeCallback(_ waiter: Waiter) {
    _ = state.withLock { $0.callbacks.remove(waiter) }
  }

  /// What will complete the future, while it is pending.
  final var source: FutureSource? { state.withLock { $0.source } }

  /// Whether an error has arrived. To ask counts not as having seen it.
  package final var hasFailed: Bool { done() && failure != nil }

  /// Whether anybody is registered: for tests that nobody is left behind.
  package final var hasWaiters: Bool {
    state.withLock { !$0.waiters.isEmpty || !$0.callbacks.isEmpty }
  }

  /// Whether a tasklet may be unable to end before this future is done.
  final var mayHoldUpTasklet: Bool {
    state.withLock { state in
      state.isDelivering || !state.callbacks.isEmpty || state.waiters.mayHoldUpTasklet
    }
  }

  /// What `description` says of the state; the subclass knows the value.
  @usableFromInline
  func describeState() -> String { "pending" }
}

/// What will complete a future: a tasklet, or a batch that has the future's key.
@usableFromInline
// `@unchecked Sendable`: it holds nothing itself; each subclass says what protects what it adds.
class FutureSource: @unchecked Sendable {
  /// Called by a thread that is about to sleep until the future is done: do what brings the
  /// result nearer. `mayRun` tells whether the thread may be used to run the tasklet itself.
  func advance(mayRun: Bool) {}

  /// Called before a wait for the future of which its waiters do not tell: the tasklet that waits
  /// runs this source on its own stack, or waits for another future first.
  func willHoldUpTasklet() {}

  /// The futures whose sources are to do so instead; `mayRun` is cleared if it is not to run theirs.
  /// `nil`: there are none, `advance` does all itself.
  func forwards(mayRun: inout Bool) -> [FutureCore]? { nil }

  /// A future with which the source is registered under this number is done.
  func partArrived(_ index: Int, _ part: FutureCore) {}

  /// The last to be registered with the future has left.
  func waitersLeft(_ future: FutureCore, byCancellation: Bool) {}

  /// Who holds the future, if the source does.
  var owner: OwningSource? { nil }

  /// What the future needs in order to be done, for finding deadlocks and for dumps.
  func dependencies() -> Dependencies { .external }

  /// What kind of future it completes, and what is happening to it, for dumps: `tasklet`, `has not
  /// begun`.
  var kind: String { "future" }
  var pendingText: String? { nil }

  /// Called once, outside every lock, when the future is done, however that came.
  func futureDidComplete(_ future: FutureCore) {}

  /// Asks for an early end. The default ends the future at once.
  func cancel(_ future: FutureCore) { _ = future.fail(with: CancellationError()) }
}

internal import Synchronization

/// The source of a future that another one's end completes.
// `@unchecked Sendable`: as its base class; what changes is behind a lock or atomic.
class DerivedSource: OwningSource, @unchecked Sendable {
  private struct State {
    var upstream: FutureCore?
    var node: PartNode?
    var body: (@Sendable (FutureCore) -> Void)?
    var stage = 0
    var isOver = false
  }

  private let state = Lock(State())
  private let isCancelled = Atomic<Bool>(false)

  /// From now on it is `next` that brings the future nearer, and `body` is called when that is done.
  final func follow(_ next: FutureCore, _ body: @escaping @Sendable (FutureCore) -> Void) {
    var old: State?
    let node = state.withLock { state -> PartNode? in
      old = state
      if state.isOver { return nil }
      let node = PartNode(index: state.stage + 1, source: self)
      state = State(upstream: next, node: node, body: body, stage: node.index)
      return node
    }
    withExtendedLifetime(old) {}
    guard let node else { return }
    next.addCallback(node)
    // The future may have ended meanwhile, and found no node to take off.
    if state.withLock({ $0.isOver }) { leave(next, node) }
  }

  override final func partArrived(_ index: Int, _ part: FutureCore) {
    let body = state.withLock { $0.stage == index ? $0.body.take() : nil }
    body?(part)
  }

  private func leave(_ upstream: FutureCore, _ node: PartNode) {
    let byCancellation = isCancelled.load(ordering: .acquiring)
    upstream.removeCallback(node)
    if !byCancellation { upstream.forgiveErrors() }
    upstream.left(byCancellation: byCancellation)
  }

  /// Nothing is to be waited for any more.
  private func end() {
    letGo()
    var old = State()
    old.isOver = true
    state.withLock { swap(&$0, &old) }
    if let upstream = old.upstream, let node = old.node, !upstream.done() { leave(upstream, node) }
  }

  override func futureDidComplete(_ future: FutureCore) { end() }

  override final func cancel(_ future: FutureCore) {
    isCancelled.store(true, ordering: .releasing)
    _ = future.fail(with: CancellationError())
  }

  override func futureWasDropped() {
    isCancelled.store(true, ordering: .releasing)
    end()
  }

  override func advance(mayRun: Bool) { advanceForwards(mayRun: mayRun) }

  override func forwards(mayRun: inout Bool) -> [FutureCore]? {
    state.withLock { $0.upstream }.map { [$0] } ?? []
  }

  override func dependencies() -> Dependencies {
    state.withLock { $0.upstream }.map { .allOf([$0]) } ?? .external
  }
}

/// The source of a future with a time limit.
// `@unchecked Sendable`: as its base class; what changes is behind a lock.
final class TimeoutSource: DerivedSource, @unchecked Sendable {
  private enum Clock {
    case notSet
    case set(Timer)
    case over
  }

  private let executor: TaskletExecutor
  private let clock = Lock(Clock.notSet)

  init(_ executor: TaskletExecutor) { self.executor = executor }

  func start(_ future: FutureCore, _ limit: Duration, of upstream: FutureCore) {
    if future.done() { return }
    let name = executor.name
    let error = TimeoutError(limit: limit, waitingFor: upstream)
    let timer = executor.addTimer(after: limit) { [weak self] reason in
      guard let future = self?.future else { return }
      switch reason {
      case .due: _ = future.fail(with: error)
      case .shutDown: _ = future.fail(with: ExecutorShutDown(executor: name))
      }
    }
    let isTooLate = clock.withLock { clock in
      if case .over = clock { return true }
      clock = .set(timer)
      return false
    }
    if isTooLate { executor.cancel(timer) }
  }

  private func stop() {
    var old = Clock.over
    clock.withLock { swap(&$0, &old) }
    if case .set(let timer) = old { executor.cancel(timer) }
  }

  override func futureDidComplete(_ future: FutureCore) {
    stop()
    super.futureDidComplete(future)
  }

  override func futureWasDropped() {
    stop()
    super.futureWasDropped()
  }

  /// The time ends it, whatever becomes of the other future.
  override func dependencies() -> Dependencies { .external }

  override func forwards(mayRun: inout Bool) -> [FutureCore]? {
    // The limit could not be kept while the tasklet ran on the waiting thread's stack.
    mayRun = false
    return super.forwards(mayRun: &mayRun)
  }
}

internal import Synchronization

/// The source of a future that many others complete: `all`, `allSettled`, `any` and `race`.
// `@unchecked Sendable`: as its base class; what changes is atomic or behind a lock.
final class Combination<Value: Sendable>: OwningSource, @unchecked Sendable {
  /// What ends it before all have arrived.
  enum EarlyEnd {
    case never
    case error
    case value
    case arrival
  }

  private let earlyEnd: EarlyEnd
  private let parts: Parts
  /// Those that have not arrived, and one for the registration itself.
  private let missing: Atomic<Int>
  private let isCancelled = Atomic<Bool>(false)
  private let whenOneEnds: @Sendable (FutureCore, Future<Value>) -> Void
  private let whenAllHave: @Sendable (Future<Value>) -> Void

  private init(
    _ parts: [FutureCore], _ earlyEnd: EarlyEnd,
    _ whenOneEnds: @escaping @Sendable (FutureCore, Future<Value>) -> Void,
    _ whenAllHave: @escaping @Sendable (Future<Value>) -> Void
  ) {
    self.earlyEnd = earlyEnd
    self.parts = Parts(parts, on: .callbacks)
    self.whenOneEnds = whenOneEnds
    self.whenAllHave = whenAllHave
    missing = Atomic(parts.count + 1)
  }

  /// - Parameters:
  ///   - whenOneEnds: completes the future; called at most once, for the part that ends it early.
  ///     By default carries on the part's error.
  ///   - whenAllHave: completes the future when all have arrived and none has ended it.
  static func future(
    of parts: [FutureCore], endingAt earlyEnd: EarlyEnd, site: SourceSite,
    whenOneEnds: @escaping @Sendable (FutureCore, Future<Value>) -> Void = { part, future in
      if let failure = part.failure { future.fail(carrying: failure) }
    },
    whenAllHave: @escaping @Sendable (Future<Value>) -> Void
  ) -> Future<Value> {
    let source = Combination(parts, earlyEnd, whenOneEnds, whenAllHave)
    let future = Future<Value>(pending: nil, site: site, source: source)
    source.own(future)
    source.parts.register(source) { future.done() }
    source.countDown()
    return future
  }

  private func isEnded(by part: FutureCore) -> Bool {
    switch earlyEnd {
    case .never: false
    case .error: part.failure != nil
    case .value: part.failure == nil
    case .arrival: true
    }
  }

  override func partArrived(_ index: Int, _ part: FutureCore) {
    if isEnded(by: part) {
      if let future = letGoTyped() { whenOneEnds(part, future) }
      return
    }
    if let failure = part.failure {
      _ = failure.look()
      // It depends on fewer now.
      if earlyEnd == .value, let future {
        DeadlockCheck.needsChanged(of: future) { parts.someCanEnd() }
      }
    }
    countDown()
  }

  private func countDown() {
    if missing.subtract(1, ordering: .acquiringAndReleasing).newValue > 0 { return }
    if let future = letGoTyped() { whenAllHave(future) }
  }

  /// Whoever is first to let go of the future completes it.
  private func letGoTyped() -> Future<Value>? {
    letGo().map { unsafeDowncast($0, to: Future<Value>.self) }
  }

  // MARK: As a source

  override func futureDidComplete(_ future: FutureCore) {
    letGo()
    if missing.load(ordering: .acquiring) == 0 {
      parts.forget()
    } else {
      parts.unregister(byCancellation: isCancelled.load(ordering: .acquiring))
    }
  }

  override func cancel(_ future: FutureCore) {
    isCancelled.store(true, ordering: .releasing)
    _ = future.fail(with: CancellationError())
  }

  override func futureWasDropped() {
    letGo()
    parts.unregister(byCancellation: true)
  }

  override func dependencies() -> Dependencies {
    if parts.futures.contains(where: { $0.done() && isEnded(by: $0) }) { return .external }
    switch earlyEnd {
    case .never, .error: return .allOf(parts.pending)
    case .value, .arrival: return .anyOf(parts.pending)
    }
  }

  override func advance(mayRun: Bool) { advanceForwards(mayRun: mayRun) }

  override func forwards(mayRun: inout Bool) -> [FutureCore]? {
    switch earlyEnd {
    case .never, .error: break
    // Another may be done first, so the thread must not be kept by this one.
    case .value, .arrival: mayRun = false
    }
    return parts.pending
  }
}

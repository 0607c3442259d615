// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The source of a future that many others complete: of `all`, `allSettled`, `any` and `race`.
// `@unchecked Sendable`: as its base class; what changes is atomic or behind a lock.
final class Combination<Value: Sendable>: CombiningSource, @unchecked Sendable {
  /// What ends it before all upstreams are done.
  enum EarlyEnd {
    case never
    case error
    case value
    case arrival
  }

  private let earlyEnd: EarlyEnd
  private let upstreams: Upstreams
  /// How many upstreams are not done, and one for the registration itself.
  private let missing: Atomic<Int>
  private let whenOneEnds: @Sendable (FutureCore, Future<Value>) -> Void
  private let whenAllHave: @Sendable (Future<Value>) -> Void

  private init(
    _ upstreams: [FutureCore], _ earlyEnd: EarlyEnd,
    _ whenOneEnds: @escaping @Sendable (FutureCore, Future<Value>) -> Void,
    _ whenAllHave: @escaping @Sendable (Future<Value>) -> Void
  ) {
    self.earlyEnd = earlyEnd
    self.upstreams = Upstreams(upstreams, on: .callbacks)
    self.whenOneEnds = whenOneEnds
    self.whenAllHave = whenAllHave
    missing = Atomic(upstreams.count + 1)
  }

  /// - Parameters:
  ///   - whenOneEnds: completes the future. Called at most once, for the upstream that ends it
  ///     early. By default it carries on the upstream's error.
  ///   - whenAllHave: completes the future when all are done and none has ended it early.
  static func future(
    of upstreams: [FutureCore], endingAt earlyEnd: EarlyEnd, name: String?, site: SourceSite,
    whenOneEnds: @escaping @Sendable (FutureCore, Future<Value>) -> Void = { upstream, future in
      if let failure = upstream.failure { future.fail(carrying: failure) }
    },
    whenAllHave: @escaping @Sendable (Future<Value>) -> Void
  ) -> Future<Value> {
    let source = Combination(upstreams, earlyEnd, whenOneEnds, whenAllHave)
    let future = Future<Value>(pending: name, site: site, source: source)
    source.own(future)
    source.upstreams.register(source) { future.done() }
    source.countDown()
    return future
  }

  private func isEnded(by upstream: FutureCore) -> Bool {
    switch earlyEnd {
    case .never: false
    case .error: upstream.failure != nil
    case .value: upstream.failure == nil
    case .arrival: true
    }
  }

  override func upstreamDone(_ index: Int, _ upstream: FutureCore) {
    if isEnded(by: upstream) {
      if let future = releaseTypedFuture() { whenOneEnds(upstream, future) }
      return
    }
    if let failure = upstream.failure {
      _ = failure.look()
      // It depends on fewer futures now.
      if earlyEnd == .value, let future {
        DeadlockCheck.failIfDeadlocked(future) { upstreams.someCanEnd() }
      }
    }
    countDown()
  }

  private func countDown() {
    if missing.subtract(1, ordering: .acquiringAndReleasing).newValue > 0 { return }
    if let future = releaseTypedFuture() { whenAllHave(future) }
  }

  /// The future, for the caller to complete; `nil` if another caller was first.
  private func releaseTypedFuture() -> Future<Value>? {
    releaseFuture().map { Future<Value>.of($0) }
  }

  // MARK: As a source

  override func futureDidComplete(_ future: FutureCore) {
    releaseFuture()
    if missing.load(ordering: .acquiring) == 0 {
      upstreams.forget()
    } else {
      upstreams.unregister(byCancellation: isCancelled)
    }
  }

  override func futureWasDropped() {
    releaseFuture()
    upstreams.unregister(byCancellation: true)
  }

  override func dependencies() -> Dependencies {
    if upstreams.futures.contains(where: { $0.done() && isEnded(by: $0) }) { return .external }
    switch earlyEnd {
    case .never, .error: return .allOf(upstreams.pending)
    case .value, .arrival: return .anyOf(upstreams.pending)
    }
  }

  override func delegatesHelp(mayRunHere: inout Bool) -> [FutureCore]? {
    switch earlyEnd {
    case .never, .error: break
    // Another may be done first, so none may keep the thread.
    case .value, .arrival: mayRunHere = false
    }
    return upstreams.pending
  }
}

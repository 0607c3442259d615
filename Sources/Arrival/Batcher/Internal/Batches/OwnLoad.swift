/// What a caller brings to a load that others may share, or that has a time limit.
struct LoadCaller: Sendable {
  let site: SourceSite
  let limit: LoadLimit?

  /// - Parameter executor: whose clock the limit is on; by default that of the calling tasklet.
  init(_ site: SourceSite, _ limit: Duration?, on executor: TaskletExecutor?) {
    self.site = site
    self.limit = limit.map { LoadLimit($0, on: executor ?? .current) }
  }
}

/// The time limit of a load.
struct LoadLimit: Sendable {
  let duration: Duration
  let executor: TaskletExecutor
  /// When it is over, in the time of the executor.
  let deadline: Nanoseconds

  init(_ duration: Duration, on executor: TaskletExecutor) {
    self.duration = duration
    self.executor = executor
    deadline = executor.now().advanced(by: duration)
  }
}

/// A caller's own future of a load.
///
/// The batch and the cache have a *shared* future, which each caller's own one follows. A caller may
/// cancel its future, and its time may be up, without effect on the others. When the last of the
/// own futures has ended, the shared one is cancelled.
// Not generic, so that making one asks the runtime for no metadata.
struct OwnLoad {
  let future: FutureCore
  private let limited: LimitedLoad?
  private let limit: LoadLimit?

  /// Calls no code of the user's, so it may be made under the batcher's lock.
  ///
  /// - Parameter shared: if it is done, it is the caller's own future too. If it was cancelled, the
  ///   result is `nil`: the cancellation was meant for callers that have left.
  init?(following shared: FutureCore, for caller: LoadCaller) {
    limit = caller.limit
    if !shared.done() {
      let limited = caller.limit.map { LimitedLoad($0.executor) }
      let source = limited ?? SharedLoad()
      let own = shared.makeSibling(at: caller.site, source: source)
      source.own(own)
      let follows = source.followIfPending(shared) { [unowned source] shared in
        _ = source.future?.complete(asDone: shared)
      }
      if follows {
        HeldLoad.share(shared, until: caller.limit?.deadline)
        future = own
        self.limited = limited
        return
      }
      source.releaseFuture()
    }
    if shared.isCancelled { return nil }
    future = shared
    limited = nil
  }

  /// Sets the timer. Not to be called under a lock.
  func startLimit() {
    if let limited, let limit { limited.start(future, limit.duration, of: future) }
  }
}

/// The source of a caller's own future of a load.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
private final class SharedLoad: DerivedSource, @unchecked Sendable {
  override var kind: String { "key" }
  override var pendingText: String? { upstream?.source?.pendingText }
}

/// The same for a caller with a time limit.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
private final class LimitedLoad: TimeoutSource, @unchecked Sendable {
  override var kind: String { "key" }
  override var pendingText: String? { upstream?.source?.pendingText }
}

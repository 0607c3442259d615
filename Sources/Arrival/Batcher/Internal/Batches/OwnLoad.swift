// SPDX-License-Identifier: Apache-2.0
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
/// The batch and the cache have a *shared* future, which each caller's own one follows. A caller
/// may cancel its future, and its time may be up, without effect on the others. When the last of
/// the own futures has ended, the shared one is cancelled.
// Not generic, so that making one asks the runtime for no metadata.
struct OwnLoad {
  let future: FutureCore
  private let limited: LimitedLoad?
  private let limit: LoadLimit?
  /// What has to know until when the caller shares the load.
  private let held: HeldLoad?

  /// Calls no code of the user's, so it may be made under the batcher's lock.
  ///
  /// - Parameter shared: if it is done, it is the caller's own future too. If it was cancelled, the
  ///   result is `nil`: the cancellation was meant for callers that have left.
  init?(following shared: FutureCore, for caller: LoadCaller) {
    limit = caller.limit
    if !shared.done() {
      let limited = caller.limit.map { LimitedLoad($0.executor) }
      if let own = (limited ?? SharedLoad()).makeFollower(of: shared, at: caller.site) {
        held = shared.source as? HeldLoad
        future = own
        self.limited = limited
        return
      }
    }
    if shared.isCancelled { return nil }
    future = shared
    limited = nil
    held = nil
  }

  /// Tells the load of the caller's deadline, and sets the timer. Not to be called under a lock.
  func startLimit() {
    held?.share(until: limit?.deadline)
    if let limited, let limit { limited.start(future, limit.duration, of: future) }
  }
}

extension Future {
  /// A future of its own for code that only looks at what a cache has. It follows this one as long
  /// as something holds it or waits for it, so a look alone does not keep a load going.
  ///
  /// - Returns: this future itself if it is done; `nil` if it was cancelled.
  func makeLook() -> Future? {
    let source = SharedLoad()
    if !done(), let look = source.makeFollower(of: self, at: creationSite) {
      look.holdWeakly(by: source)
      return Future.of(look)
    }
    return isCancelled ? nil : self
  }
}

extension DerivedSource {
  /// A pending future that follows another one; `nil` if that is done.
  fileprivate func makeFollower(of shared: FutureCore, at site: SourceSite) -> FutureCore? {
    let follower = shared.makeSibling(at: site, source: self)
    own(follower)
    let follows = followIfPending(shared) { source, shared in
      _ = source.future?.complete(asDone: shared)
    }
    if follows { return follower }
    releaseFuture()
    return nil
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

internal import Synchronization

/// The error a future ended with, the way it came, and whether anybody has looked at it.
///
/// Each future has its own; futures that share an error share the ``Trace`` behind it.
@usableFromInline
final class Failure: Sendable {
  @usableFromInline let error: any Error
  let trace: Trace
  private let seen = Atomic<Bool>(false)
  /// What it shares with the failures of other futures by the same error.
  private let fanOut: FanOut?

  /// - Parameters:
  ///   - site: where a promise was failed, if that is how the error came.
  ///   - upstream: what the error came through before it reached this future.
  ///     By default what the current tasklet knows of its throw.
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

  init(_ error: any Error, trace: Trace, fanOut: FanOut? = nil) {
    self.error = error
    self.trace = trace
    self.fanOut = fanOut
  }

  // Freed with its future, and nobody can look any more.
  deinit {
    if wasSeen { return }
    if let fanOut {
      fanOut.add(trace, error)
    } else {
      UnobservedFailure.report(trace, error, count: 1)
    }
  }

  /// Nobody need have looked.
  func forgive() { seen.store(true, ordering: .relaxed) }

  /// Whether somebody was given the error, thrown or not.
  var wasSeen: Bool { seen.load(ordering: .relaxed) }

  /// The error, for somebody who looks at it.
  @usableFromInline
  func look() -> any Error {
    if !wasSeen {
      seen.store(true, ordering: .relaxed)
      fanOut?.wasSeen()
    }
    return error
  }

  func lookAtTraceback() -> Traceback {
    _ = look()
    return Traceback(trace)
  }

  /// The error, to be thrown to somebody who waited.
  @usableFromInline
  func raise() -> any Error {
    ThrowRecorder.willRaise(self)
    return look()
  }
}

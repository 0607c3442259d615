// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The error a future ended with, the way it came, and whether anything has looked at it.
///
/// Each future has its own; futures that share an error share the `Trace` behind it.
@usableFromInline
final class Failure: Sendable {
  @usableFromInline let error: any Error
  let trace: Trace
  private let observed = Atomic<Bool>(false)
  /// What it shares with the failures of other futures by the same error.
  private let fanOut: FanOut?

  init(_ error: any Error, trace: Trace, fanOut: FanOut? = nil) {
    self.error = error
    self.trace = trace
    self.fanOut = fanOut
  }

  // Freed with its future: from now on nothing can look at it.
  deinit {
    if wasObserved { return }
    if let fanOut {
      fanOut.add(trace, error)
    } else {
      UnobservedFailure.report(trace, error, count: 1)
    }
  }

  /// Nothing has to look at it: it will not be reported.
  func ignore() { observed.store(true, ordering: .relaxed) }

  /// Whether some code was given the error, thrown or not.
  var wasObserved: Bool { observed.load(ordering: .relaxed) }

  /// The error, for code that looks at it.
  @usableFromInline
  func look() -> any Error {
    if !wasObserved {
      observed.store(true, ordering: .relaxed)
      fanOut?.wasObserved()
    }
    return error
  }

  func lookAtTraceback() -> Traceback {
    _ = look()
    return Traceback(trace)
  }

  /// The error, to be thrown to code that waited.
  @usableFromInline
  func raise() -> any Error {
    ThrowRecorder.willRaise(error, from: trace)
    return look()
  }
}

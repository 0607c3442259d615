// SPDX-License-Identifier: Apache-2.0
public import Arrival

/// An executor for tests. It has no threads, and its clock moves only when it is told to.
///
/// ```swift
/// let manual = ManualExecutor()
/// let nap = Future.sleep(for: .seconds(60), on: manual.executor)
/// manual.advance(by: .seconds(59))
/// #expect(!nap.done())
/// manual.advance(by: .seconds(1))
/// #expect(nap.done())
/// ```
///
/// Everything runs on the thread that calls ``run()`` or ``advance(by:)``, one piece of work at a
/// time, so a test replays one order of events exactly. With a seed, ready work is taken in an
/// order drawn from it: the same seed gives the same order.
///
/// When a tasklet blocks in a synchronous wait, the rest of the work runs below it, on the same
/// stack. So does the work of the executor when the test itself blocks for a result that only this
/// executor can bring. If the wait can never end, the program traps with a message; see
/// <doc:ArrivalTesting>. An executor must not be used from several threads at once.
public struct ManualExecutor: Sendable {
  /// The executor, to start tasklets on: `Future(on: manual.executor) { … }`.
  public let executor: TaskletExecutor

  /// Creates an executor whose clock is at zero.
  ///
  /// - Parameters:
  ///   - name: The name of the executor in dumps and reports.
  ///   - seed: Shuffles ready work; `nil` keeps it first in, first out.
  public init(_ name: String = "manual", seed: UInt64? = nil) {
    executor = .manual(name, seed: seed)
  }

  /// The time since the executor was made.
  public var now: Duration { .nanoseconds(Int64(clamping: executor.now())) }

  /// Runs what is ready, and then the quiescence callbacks, until there is nothing more to do at
  /// the current time. Returns how many pieces of work it ran.
  @discardableResult
  public func run() -> Int { executor.runAll() }

  /// Runs one piece of ready work, or the quiescence callbacks if none is ready; `false` if there
  /// was nothing to do.
  public func runOnce() -> Bool { executor.runOnce() }

  /// Moves the clock on, and runs each timer that becomes due on the way at its own time.
  public func advance(by duration: Duration) {
    let target = executor.now().addingReportingOverflow(duration.clampedNanoseconds)
    executor.advance(toNanoseconds: target.overflow ? .max : target.partialValue)
  }
}

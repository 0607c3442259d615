// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// The clock of a ``ManualTime``, for code that takes `any Clock<Duration>`.
///
/// ```swift
/// try await withManualTime { time in
///   let cache = SessionCache(lifetime: .seconds(600), clock: time.clock)
///   cache.keep("a session")
///   await time.advance(by: .seconds(600))
///   #expect(cache.isEmpty)
/// }
/// ```
public struct ManualClock: Clock {
  /// A moment on the clock.
  public struct Instant: InstantProtocol, CustomStringConvertible {
    /// The time since the clock was at zero.
    public let offset: Duration

    public init(offset: Duration) { self.offset = offset }

    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    public func duration(to other: Instant) -> Duration { other.offset - offset }
    public static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    public var description: String { "\(offset)" }
  }

  private let executor: TaskletExecutor

  init(_ executor: TaskletExecutor) { self.executor = executor }

  public var now: Instant {
    Instant(offset: .nanoseconds(Int64(clamping: executor.now())))
  }

  public var minimumResolution: Duration { .nanoseconds(1) }

  /// Suspends until the deadline.
  ///
  /// After the body of `withManualTime` has ended, it takes the real time.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled. `ExecutorShutDown` if the body
  ///   ends meanwhile.
  public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    let rest = now.duration(to: deadline)
    guard rest > .zero else { return }
    // A task that the body has left, and that ignores errors, would sleep again at once.
    if executor.isClosing { return try await Task.sleep(for: rest) }
    try await Future.sleep(for: rest, on: executor).value
  }
}

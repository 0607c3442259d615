// SPDX-License-Identifier: Apache-2.0
public import Arrival

/// The time of a test: it stands still while anything runs, and jumps to the next timer when
/// nothing can go on.
///
/// ``withManualTime(seed:patience:function:file:line:_:)`` gives it to its body.
///
/// ```swift
/// try await withManualTime { time in
///   let page = Future { try await fetch(url) }.timeout(after: .seconds(30))
///   await time.advance(by: .seconds(29))
///   #expect(!page.done())
///   await time.advance(by: .seconds(1))
///   #expect(await page.getException() is TimeoutError)
/// }
/// ```
public struct ManualTime: Sendable {
  /// The time in which the calling code runs; `nil` outside of any.
  public static var current: ManualTime? { values }

  @TaskLocal static var values: ManualTime?

  /// The executor that runs everything. Code inside need not name it.
  public let executor: TaskletExecutor
  /// What shuffles ready work; `nil` keeps it first in, first out.
  public let seed: UInt64?

  private let loop: ManualLoop

  init(_ executor: TaskletExecutor, _ loop: ManualLoop, seed: UInt64?) {
    self.executor = executor
    self.loop = loop
    self.seed = seed
  }

  /// The time since the beginning.
  public var now: Duration { .nanoseconds(Int64(clamping: executor.now())) }

  /// The clock, for code that takes `any Clock<Duration>`.
  public var clock: ManualClock { ManualClock(executor) }

  /// Lets time pass. Each timer until then, and all that it makes ready, runs at its own time
  /// before this returns.
  ///
  /// Only the calling task waits. To let time pass until a result is there, await the result.
  public nonisolated(nonsending) func advance(by duration: Duration) async {
    await Future.sleep(for: duration, on: executor).wait()
    await run()
  }

  /// Suspends until all other work has run that is ready at this time, batches included. The clock
  /// does not move.
  public nonisolated(nonsending) func run() async {
    await withUnsafeContinuation { continuation in loop.whenSettled { continuation.resume() } }
  }

  /// Runs an operation that waits for the real world, such as a connection. The clock stands still
  /// until it ends.
  ///
  /// Without this, the clock jumps to the next timer as soon as nothing inside can go on, so that
  /// an answer of a real server would come after every time limit.
  public nonisolated(nonsending) func outside<Result>(
    _ operation: () async throws -> Result
  ) async rethrows -> Result {
    loop.beginOutside()
    defer { loop.endOutside() }
    return try await operation()
  }
}

/// Runs a body with a clock of its own, which jumps to the next timer when nothing can go on.
///
/// ```swift
/// @Test func `A load fails when its time is up`() async throws {
///   try await withManualTime { time in
///     let users = Batcher<Int, String>("users") { (ids: [Int]) in
///       try await Future.sleep(for: .seconds(60)).value
///       return [:]
///     }
///     await #expect(throws: TimeoutError.self) {
///       try await users.load(7, within: .seconds(1)).value
///     }
///     #expect(time.now == .seconds(1))
///   }
/// }
/// ```
///
/// Everything inside runs on one thread, one piece of work at a time: the body, tasklets, batches,
/// child tasks, `Task { … }` and actors. So a test has the same order of events each time. With a
/// seed, ready work is taken in an order drawn from it: another seed is another schedule.
///
/// An `await` and a blocking wait let other work run. When nothing is ready, the clock moves to the
/// next timer. If there is none, the body waits for code outside. If nothing comes from there for
/// `patience`, the body is cancelled and the call throws ``NothingCanArrive``, which says what is
/// pending and why.
///
/// Code on the main actor runs on the main thread, and actors with executors of their own run
/// there. `Task.sleep` and `ContinuousClock` have the real time: give such code
/// ``ManualTime/clock``.
///
/// What the body started and did not await is cancelled when the body ends: futures fail with
/// `ExecutorShutDown`. Cancelling the calling task cancels the body's. Calls may be nested, and run
/// beside each other; each has its own time.
///
/// - Parameters:
///   - seed: by default that of the time around this call.
///   - patience: how long, in real time, to wait for code outside before giving up.
///   - function: the function that calls this; left out.
///   - file: its file; left out.
///   - line: its line; left out.
///   - body: runs in a task of its own, on no actor.
/// - Throws: the error that the body throws, or ``NothingCanArrive``.
public func withManualTime<Result: Sendable>(
  seed: UInt64? = nil, patience: Duration = .seconds(5),
  function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
  _ body: sending @escaping (ManualTime) async throws -> Result
) async throws -> Result {
  let world = ManualWorld(seed: seed ?? ManualTime.current?.seed, patience: patience)
  let future = world.start(function: function, file: file, line: line, body)
  let outer = ManualTimeContext.executor?.manualLoop
  outer?.beginOutside()
  defer { outer?.endOutside() }
  await withTaskCancellationHandler {
    await withUnsafeContinuation { continuation in
      world.run(until: future) { continuation.resume() }
    }
  } onCancel: {
    future.cancel()
  }
  if let error = world.error {
    _ = await future.getException()
    throw error
  }
  return try await future.value
}

/// Code in manual time waits for something that can never arrive.
///
/// Nothing is ready to run, no timer is set, and nothing has come from code outside.
public struct NothingCanArrive: Error, CustomStringConvertible {
  /// What is pending, and why, as `PendingFutures.formatDump(limits:)` shows it.
  public let dump: String

  public var description: String {
    "nothing that the code waits for can ever arrive: nothing is ready to run, no timer is set, and"
      + " nothing has come from outside. Complete the promise before you await it; if it waits for"
      + " a real server, wrap that in time.outside { … }. Pending:\n\(dump)"
  }
}

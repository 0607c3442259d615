// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import NIOCore
internal import NIOPosix

/// The threads of the contenders, shared by all comparisons.
enum Machinery {
  /// One thread of NIO.
  static let loop: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
  /// One thread of Arrival.
  static let single = TaskletExecutor("single", configuration: .init(threads: 1))

  /// Runs `body` on the event loop's thread, which is NIO's best case. Returns the nanoseconds.
  static func onLoop(_ body: @escaping @Sendable () throws -> Void) -> UInt64 {
    orTrap { try loop.submit { timed(body) }.wait() }
  }

  /// As `onLoop`, but measures the closure that `prepare` returns.
  static func prepareOnLoop(_ prepare: @escaping @Sendable () -> () -> Void) -> UInt64 {
    orTrap { try loop.submit { timed(prepare()) }.wait() }
  }

  /// Runs `body` in a tasklet, by default on the executor with one thread. The wait has a limit, so
  /// that it does not run the beginning of the tasklet itself.
  static func inTasklet<T: Sendable>(
    on executor: TaskletExecutor = single, _ body: @escaping @Sendable () async throws -> T
  ) -> T {
    orTrap { try Future(on: executor, body).getResult(within: .seconds(3_600)) }
  }

  /// As `inTasklet`, but returns the nanoseconds of `body` from its beginning.
  static func timedInTasklet(
    on executor: TaskletExecutor = single, _ body: @escaping @Sendable () async throws -> Void
  ) -> UInt64 {
    inTasklet(on: executor) { try await timedAsync(body) }
  }

  /// Runs `body` in a task. Returns the nanoseconds of `body` from its beginning.
  static func timedInTask(_ body: @escaping @Sendable () async throws -> Void) -> UInt64 {
    blockOnTask { try await timedAsync(body) }
  }
}

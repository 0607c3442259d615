internal import Arrival
internal import NIOCore
internal import NIOPosix

/// What the contenders run on, shared by all.
enum Machinery {
  /// One thread of NIO.
  static let loop: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
  /// One thread of Arrival.
  static let single = TaskletExecutor("single", configuration: .init(threads: 1))

  /// Runs on the event loop's thread, NIO's best case, and gives the nanoseconds it took.
  static func onLoop(_ body: @escaping @Sendable () throws -> Void) -> UInt64 {
    orTrap { try loop.submit { timed(body) }.wait() }
  }

  /// As `onLoop`; measures what `prepare` gives.
  static func prepareOnLoop(_ prepare: @escaping @Sendable () -> () -> Void) -> UInt64 {
    orTrap { try loop.submit { timed(prepare()) }.wait() }
  }

  /// Runs in a tasklet, by default on the executor of one thread, and nowhere else: a wait with a
  /// limit does not run the tasklet's beginning in place.
  static func inTasklet<T: Sendable>(
    on executor: TaskletExecutor = single, _ body: @escaping @Sendable () async throws -> T
  ) -> T {
    orTrap { try Future(on: executor, body).getResult(within: .seconds(3_600)) }
  }

  /// As `inTasklet`; gives the nanoseconds that `body` takes once it runs.
  static func timedInTasklet(
    on executor: TaskletExecutor = single, _ body: @escaping @Sendable () async throws -> Void
  ) -> UInt64 {
    inTasklet(on: executor) { try await timedAsync(body) }
  }

  /// Runs in a task; gives the nanoseconds that `body` takes once it runs.
  static func timedInTask(_ body: @escaping @Sendable () async throws -> Void) -> UInt64 {
    blockOnTask { try await timedAsync(body) }
  }
}

internal import Synchronization

/// The executor was shut down before the work was done.
public struct ExecutorShutDown: Error, Hashable, CustomStringConvertible {
  /// The name of the executor.
  public let executor: String

  public var description: String {
    "the executor \"\(executor)\" was shut down; start no work on it after shutdown()"
  }
}

/// A blocking wait was refused: all other threads of the executor are blocked in waits, and no more
/// threads may be started. The work that it would have waited for might never have run.
///
/// A wait that cannot throw fails the future it waits for with this error instead.
public struct OutOfThreads: Error, Hashable, CustomStringConvertible {
  /// The name of the executor.
  public let executor: String
  /// How many threads it may have, including spare ones.
  public let threads: Int

  init(waitingOn executor: TaskletExecutor) {
    self.executor = executor.name
    threads = executor.loop.withLock { $0.parallelism + $0.maxSpareThreads }
  }

  public var description: String {
    "all \(threads) threads of the executor \"\(executor)\" are blocked in waits; await instead of"
      + " blocking inside tasklets, or raise maxSpareThreads"
  }
}

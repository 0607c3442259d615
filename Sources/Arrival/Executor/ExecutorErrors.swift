// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The executor was shut down before the work was done.
public struct ExecutorShutDown: Error, Hashable, CustomStringConvertible {
  /// The name of the executor.
  public let executor: String

  public var description: String {
    "the executor \"\(executor)\" was shut down; start no work on it after shutdown()"
  }
}

/// A blocking wait was refused: all other threads of the executor are blocked in waits, and the
/// system refused to start one more.
///
/// The work that it would have waited for might never have run.
///
/// Only a wait that can throw is refused, and without a time limit. The future is not affected.
public struct OutOfThreads: Error, Hashable, CustomStringConvertible {
  /// The name of the executor.
  public let executor: String
  /// How many threads it has, including spare ones.
  public let threads: Int

  init(waitingOn executor: TaskletExecutor) {
    self.executor = executor.name
    threads = executor.loop.withLock { $0.statistics.threads }
  }

  public var description: String {
    "all \(threads) threads of the executor \"\(executor)\" are blocked in waits, and the system"
      + " could not start another one; await instead of blocking inside tasklets, or raise the"
      + " limit"
      + " of threads (ulimit -u)"
  }
}

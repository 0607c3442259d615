internal import Synchronization

/// The promise of a future was dropped before it was completed.
public struct BrokenPromise: Error, Hashable, CustomStringConvertible {
  /// The name of the future, if it has one.
  public let name: String?
  /// Where the promise was made.
  public let creationSite: SourceSite

  public var description: String {
    "the promise\(name.map { " \"\($0)\"" } ?? "") created in \(creationSite) was dropped before it"
      + " was completed; keep it until succeed, fail or complete has been called"
  }
}

/// A wait with a time limit ended before the future was done. The future itself goes on.
public struct TimeoutError: Error, Hashable, CustomStringConvertible {
  /// The limit that passed.
  public let limit: Duration
  /// The name of the future waited for, if it has one.
  public let name: String?
  /// Where that future was made.
  public let creationSite: SourceSite

  init(limit: Duration, waitingFor future: FutureCore) {
    self.limit = limit
    name = future.name
    creationSite = future.creationSite
  }

  public var description: String {
    "the future\(name.map { " \"\($0)\"" } ?? "") created in \(creationSite) was not done within"
      + " \(limit)"
  }
}

/// The executor was shut down before the work could be done.
public struct ExecutorShutDown: Error, Hashable, CustomStringConvertible {
  /// The name of the executor.
  public let executor: String

  public var description: String {
    "the executor \"\(executor)\" was shut down; start no work on it after shutdown()"
  }
}

/// A blocking wait was refused: every thread of the executor is blocked in one already, and no more
/// may be started. What it would have waited for might never have run.
///
/// A wait that cannot throw fails the future it waits for with this error instead.
public struct OutOfThreads: Error, Hashable, CustomStringConvertible {
  /// The name of the executor.
  public let executor: String
  /// How many threads it may have, spare ones too.
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

/// A batch operation's reply left out a key, or had the wrong number of values.
public struct MissingReply: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// What was missing, as a sentence.
  public let reason: String

  public var description: String { "batcher \"\(batcher)\": \(reason)" }
}

/// A batcher has as many loads queued as it may, and refused one more.
public struct BatcherOverloaded: Error, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// How many loads may wait to be sent.
  public let maxQueued: Int

  public var description: String {
    "batcher \"\(batcher)\" has \(maxQueued) loads queued and takes no more; wait for room with"
      + " loadWhenReady, load less at a time, or raise maxQueued"
  }
}

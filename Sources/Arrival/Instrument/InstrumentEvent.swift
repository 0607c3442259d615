// SPDX-License-Identifier: Apache-2.0
/// An event that an ``Instrument`` is told of.
///
/// Later versions may add cases and properties, so have a `default` in each `switch`.
public enum InstrumentEvent: Sendable {
  /// A tasklet was created. Reported on the thread that creates it, so task-local values are those
  /// it inherits. The tasklet of a batch's operation inherits none.
  case taskletStarted(TaskletStarted)
  /// The future of a tasklet is done, even if its code has not ended.
  case taskletEnded(TaskletEnded)
  /// A thread of an executor started, ended, went to sleep in a blocking wait or came back from it.
  case thread(ThreadChange)
  /// A batcher was asked for a key. Reported on the thread that asks, so task-local values are
  /// those of the caller, except for the second event of a load that was held.
  case keyLoaded(KeyLoaded)
  /// A batch was opened by its first key.
  case batchOpened(BatchOpened)
  /// A batch left: its operation is about to be called.
  case batchSent(BatchSent)
  /// A batch's turn came, but nothing waited for it any more.
  case batchDropped(BatchDropped)
  /// A batch's operation has ended.
  case batchEnded(BatchEnded)
  /// A cache of a batcher threw an error.
  case cacheFailed(CacheFailed)
  /// Futures wait for each other in a ring, and one of them is about to be failed.
  case deadlockFound(DeadlockFound)
  /// A call to a service begins.
  case rpcBegan(RPCBegan)
  /// A call to a service has ended.
  case rpcEnded(RPCEnded)
}

/// Identifies a tasklet in the process; prints as `tasklet_7`.
public struct TaskletID: Sendable, Hashable, CustomStringConvertible {
  /// The number of the tasklet, counted from 1 over the tasklets that instruments were told of.
  public let number: UInt64

  public var description: String { "tasklet_\(number)" }
}

extension InstrumentEvent {
  /// A tasklet was created.
  public struct TaskletStarted: Sendable, Hashable {
    public let id: TaskletID
    /// The name of its future, if it has one.
    public let name: String?
    /// Where it was created.
    public let creationSite: SourceSite
    /// The name of the executor it runs on.
    public let executor: String
    /// The tasklet whose code created it; `nil` outside of any, or if that tasklet was not
    /// reported.
    public let parent: TaskletID?
  }

  /// The future of a tasklet is done.
  public struct TaskletEnded: Sendable {
    public let id: TaskletID
    /// The name of its future, if it has one.
    public let name: String?
    /// Where it was created.
    public let creationSite: SourceSite
    /// The name of the executor it ran on.
    public let executor: String
    /// The time since it was created, by the executor's clock.
    public let duration: Duration
    /// The time from its creation until a thread began to run it; `nil` if none did.
    public let queued: Duration?
    /// The error it ended with; `nil` if it has a value. A `CancellationError` if it was cancelled.
    public let error: (any Error)?
  }

  /// Futures wait for each other in a ring, so none can ever be done. One of them fails with the
  /// error.
  public struct DeadlockFound: Sendable {
    /// How many futures are in the ring.
    public let count: Int
    /// The ``DeadlockError``.
    public let error: any Error
  }

  /// Something about a thread of an executor changed.
  public struct ThreadChange: Sendable, Hashable {
    /// What happened to the thread.
    public enum Kind: Sendable, Hashable, CaseIterable {
      /// It was started.
      case started
      /// It ended, having had nothing to do for `keepAlive`.
      case ended
      /// It is about to sleep in a blocking wait, and another may run in its place.
      case blocked
      /// It has woken up from a blocking wait.
      case unblocked
    }

    /// The name of the executor. A thread that runs tasklets of several executors on one stack
    /// blocks in each of them.
    public let executor: String
    public let kind: Kind
  }
}

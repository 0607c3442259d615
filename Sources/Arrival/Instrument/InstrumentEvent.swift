/// Something that happened, as an ``Instrument`` is told of it.
///
/// Later versions may add cases and properties: have a `default` in a `switch`.
public enum InstrumentEvent: Sendable {
  /// A tasklet was made. Told on the thread that makes it, so task-locals are those it inherits; that of
  /// a batch's operation inherits none.
  case taskletStarted(TaskletStarted)
  /// The future of a tasklet is done, whether its code has ended or not.
  case taskletEnded(TaskletEnded)
  /// A thread of an executor started, ended, went to sleep in a blocking wait or came back from it.
  case thread(ThreadChange)
  /// A batcher was asked for a key. Told on the thread that asks, so task-locals are the caller's;
  /// the second event of a load that was held excepted.
  case keyLoaded(KeyLoaded)
  /// A batch was opened by its first key.
  case batchOpened(BatchOpened)
  /// A batch left: its operation is about to be called.
  case batchSent(BatchSent)
  /// It was a batch's turn, and nobody waited for it any more.
  case batchDropped(BatchDropped)
  /// A batch's operation has ended.
  case batchEnded(BatchEnded)
  /// A call to a service begins.
  case rpcBegan(RPCBegan)
  /// A call to a service has ended.
  case rpcEnded(RPCEnded)
}

/// Tells one tasklet from all others of the process; prints as `tasklet_7`.
public struct TaskletID: Sendable, Hashable, CustomStringConvertible {
  /// The number of the tasklet, counted from 1 over those that instruments were told of.
  public let number: UInt64

  public var description: String { "tasklet_\(number)" }
}

extension InstrumentEvent {
  /// A tasklet was made.
  public struct TaskletStarted: Sendable, Hashable {
    public let id: TaskletID
    /// The name of its future, if it has one.
    public let name: String?
    /// Where it was made.
    public let creationSite: SourceSite
    /// The name of the executor it runs on.
    public let executor: String
    /// The tasklet whose code made it; `nil` outside of any, or if that one was not reported.
    public let parent: TaskletID?
  }

  /// The future of a tasklet is done.
  public struct TaskletEnded: Sendable {
    public let id: TaskletID
    /// The name of its future, if it has one.
    public let name: String?
    /// Where it was made.
    public let creationSite: SourceSite
    /// The name of the executor it ran on.
    public let executor: String
    /// From its making until now, by the executor's clock.
    public let duration: Duration
    /// From its making until a thread began to run it; `nil` if none has.
    public let queued: Duration?
    /// The error it ended with; `nil` if with a value. A `CancellationError` if it was cancelled.
    public let error: (any Error)?
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

// SPDX-License-Identifier: Apache-2.0
/// Identifies a batch; prints as `users batch_7`.
public struct BatchID: Sendable, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// The number of the batch, counted from 1 by its batcher.
  public let number: Int
  /// Tells batchers of one name apart.
  private let core: ObjectIdentifier

  init(batcher: String, number: Int, core: ObjectIdentifier) {
    self.batcher = batcher
    self.number = number
    self.core = core
  }

  public var description: String { "\(batcher) batch_\(number)" }
}

/// Identifies a load that is held; prints as `users held_7`.
public struct HoldID: Sendable, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// The number of the load, counted from 1 over the loads that its batcher held.
  public let number: Int
  private let core: ObjectIdentifier

  init(batcher: String, number: Int, core: ObjectIdentifier) {
    self.batcher = batcher
    self.number = number
    self.core = core
  }

  public var description: String { "\(batcher) held_\(number)" }
}

extension InstrumentEvent {
  /// A batcher was asked for a key.
  ///
  /// If several threads add keys, it may come after the ``BatchSent`` of its batch, unless the
  /// batch left because it was full or its executor was quiescent.
  public struct KeyLoaded: Sendable, Hashable {
    /// What the batcher did with the key.
    public enum Outcome: Sendable, Hashable, CaseIterable {
      /// The key is new in its batch.
      case joined
      /// An equal key was in the batch, or under way. The key is sent once for both.
      case coalesced
      /// The cache had the value.
      case cached
      /// The batcher refused the key, because too many loads were queued.
      case refused
      /// The key waits behind another one that touches the same resource. When that one has ended,
      /// a second event says that the key has joined a batch or was dropped.
      case held
      /// The key was held, and its load ended before it joined a batch: cancelled, or timed out.
      case dropped
    }

    /// The name of the batcher.
    public let batcher: String
    /// The batch that has the key; `nil` if it has joined none.
    public let batch: BatchID?
    /// Identifies both events of a load that is held; `nil` for other loads.
    ///
    /// The calling code reports one event. The code that ends the hold reports the other, and may
    /// do so first if it runs on another thread.
    public let hold: HoldID?
    /// Where the key was asked for.
    public let site: SourceSite
    public let outcome: Outcome
  }

  /// A batch was opened by its first key.
  public struct BatchOpened: Sendable, Hashable {
    public let id: BatchID
    /// Whether its keys belong to a lane.
    public let hasLane: Bool
  }

  /// A batch left: its operation is about to be called.
  public struct BatchSent: Sendable, Hashable {
    public let id: BatchID
    /// Why it left.
    public let reason: BatchReason
    /// How many keys are sent.
    public let keys: Int
    /// How many futures wait for them. Sending equal keys once saved `loads - keys` keys.
    public let loads: Int
    /// How many loads had joined it, including loads that have ended since. As many ``KeyLoaded``
    /// events name it.
    public let allLoads: Int
    /// The weight of its keys in bytes; `nil` if the batcher does not weigh.
    public let weight: Int?
    /// How long it was open, by the clock of the executor.
    public let waited: Duration
    /// How many more batches of the batcher are due to leave and wait for their turn.
    public let queuedBatches: Int
    /// How many batches of the batcher are under way, including this one.
    public let batchesUnderWay: Int
  }

  /// A batch's turn came, but nothing waited for it any more. It is not sent.
  public struct BatchDropped: Sendable, Hashable {
    public let id: BatchID
    /// How many loads had joined it. As many ``KeyLoaded`` events name it.
    public let allLoads: Int
  }

  /// A cache of a batcher threw an error. The batcher goes on as if there were no cache.
  public struct CacheFailed: Sendable {
    /// The name of the batcher.
    public let batcher: String
    /// What the cache was asked to do.
    public let operation: CacheOperation
    public let error: any Error
  }

  /// A batch's operation has ended, or its executor no longer waits for it to end.
  public struct BatchEnded: Sendable {
    public let id: BatchID
    /// The time since it was sent, by the clock of the executor.
    public let duration: Duration
    /// The error that the operation threw, or with which its reply was refused; `nil` if there was
    /// none. Single keys may have failed even if it is `nil`.
    public let error: (any Error)?
  }
}

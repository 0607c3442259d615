/// Tells one batch from all others under way; prints as `users batch_7`.
public struct BatchID: Sendable, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// The number of the batch, counted from 1 by its batcher.
  public let number: Int
  /// Names need not be unique.
  private let core: ObjectIdentifier

  init(batcher: String, number: Int, core: ObjectIdentifier) {
    self.batcher = batcher
    self.number = number
    self.core = core
  }

  public var description: String { "\(batcher) batch_\(number)" }
}

/// Tells one load that is held from all others; prints as `users held_7`.
public struct HoldID: Sendable, Hashable, CustomStringConvertible {
  /// The name of the batcher.
  public let batcher: String
  /// The number of the load, counted from 1 over those that its batcher held.
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
  /// With keys from several threads this may come after the ``BatchSent`` of its batch, but not if
  /// the batch left for being full or because its executor was quiescent.
  public struct KeyLoaded: Sendable, Hashable {
    /// What became of the call.
    public enum Outcome: Sendable, Hashable, CaseIterable {
      /// The key is new in its batch.
      case joined
      /// An equal key was in the batch, or under way, and is sent once for both.
      case coalesced
      /// The cache had it.
      case cached
      /// The batcher had too much queued and refused it.
      case refused
      /// It waits behind another that touches the same thing. When that has ended, a second event says
      /// that it has joined a batch, or was dropped.
      case held
      /// It was held, and ended before it could join a batch: cancelled, or out of time.
      case dropped
    }

    /// The name of the batcher.
    public let batcher: String
    /// The batch that has the key; `nil` if it has joined none.
    public let batch: BatchID?
    /// What both events of a load that is held have in common; `nil` for others. The first is told by
    /// the calling code, the second by what lets it go on, and from another thread it may be first.
    public let hold: HoldID?
    /// Where it was asked for.
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
    /// How many futures wait for them; less `keys`, this is what sending equal keys once saved.
    public let loads: Int
    /// How many loads had joined it, those too that have ended since: as many ``KeyLoaded`` name it.
    public let allLoads: Int
    /// The weight of its keys in bytes; `nil` if the batcher does not weigh.
    public let weight: Int?
    /// How long it was open, by the clock of the executor.
    public let waited: Duration
    /// Batches of the batcher that should leave too, and wait for their turn.
    public let queuedBatches: Int
    /// Batches of the batcher under way, this one too.
    public let batchesUnderWay: Int
  }

  /// It was a batch's turn, and nobody waited for it any more: it is not sent.
  public struct BatchDropped: Sendable, Hashable {
    public let id: BatchID
    /// How many loads had joined it: as many ``KeyLoaded`` name it.
    public let allLoads: Int
  }

  /// A batch's operation has ended, or its executor waits for its end no longer.
  public struct BatchEnded: Sendable {
    public let id: BatchID
    /// From its sending until now, by the clock of the executor.
    public let duration: Duration
    /// The error the operation threw, or the reply was refused with; `nil` if there was none. Single
    /// keys may have failed all the same.
    public let error: (any Error)?
  }
}

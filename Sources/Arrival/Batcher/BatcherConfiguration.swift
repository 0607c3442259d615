/// When the batches of a ``Batcher`` leave and how large they get.
public struct BatcherConfiguration: Sendable, Hashable {
  /// Batches of up to 1,000 keys; see each property.
  public static let `default` = BatcherConfiguration()

  /// The most keys in one call. Default 1,000.
  public var maxBatchSize: Int
  /// The longest time a key waits for others where quiescence cannot tell. Default 100 µs.
  public var maxDelay: Duration
  /// The most calls under way at once. `nil`, the default: no limit.
  public var maxConcurrentBatches: Int?
  /// Whether equal keys in one batch are sent once. `false` keeps every element, in order: for
  /// writes. Default `true`.
  public var deduplicates: Bool

  public init(
    maxBatchSize: Int = 1000, maxDelay: Duration = .microseconds(100),
    maxConcurrentBatches: Int? = nil, deduplicates: Bool = true
  ) {
    precondition(maxBatchSize > 0, "maxBatchSize is a number of keys, at least 1")
    precondition(maxDelay >= .zero, "maxDelay is a time, zero or more")
    if let maxConcurrentBatches {
      precondition(
        maxConcurrentBatches > 0,
        "maxConcurrentBatches is a number of calls, at least 1; nil means no limit")
    }
    self.maxBatchSize = maxBatchSize
    self.maxDelay = maxDelay
    self.maxConcurrentBatches = maxConcurrentBatches
    self.deduplicates = deduplicates
  }
}

/// Why a batch left.
public enum BatchReason: Sendable, Hashable, CaseIterable {
  case full, quiescence, blockedThread, maxDelay, flush
}

/// What a ``Batcher`` has done so far.
public struct BatcherStatistics: Sendable, Hashable {
  /// Calls of `load`.
  public internal(set) var loads = 0
  /// Keys sent; `loads` less this is what sending equal keys once has saved.
  public internal(set) var keysSent = 0
  /// Calls of the operation.
  public internal(set) var batches = 0
  /// How many calls had how many keys: `[1000: 2, 1: 1]`.
  public internal(set) var batchSizes: [Int: Int] = [:]
  /// How many calls left for which reason.
  public internal(set) var reasons: [BatchReason: Int] = [:]
}

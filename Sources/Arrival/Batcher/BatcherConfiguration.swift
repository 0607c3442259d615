/// When the batches of a ``Batcher`` leave and how large they get.
public struct BatcherConfiguration: Sendable, Hashable {
  /// Batches of up to 1,000 keys; see each property.
  public static let `default` = BatcherConfiguration()

  /// The most keys in one call; equal keys that are sent once count once. Default 1,000.
  public var maxBatchSize: Int
  /// The most weight in one call, in the unit of the batcher's `weight` function, such as bytes. A
  /// heavier element travels alone. `nil`, the default: no limit.
  public var maxBatchWeight: Int?
  /// The longest time a key waits for others where quiescence cannot tell. Default 100 µs.
  public var maxDelay: Duration
  /// The most calls under way at once, of all lanes together. `nil`, the default: no limit.
  public var maxConcurrentBatches: Int?
  /// The most calls under way at once in each lane. `nil`, the default: no limit of its own.
  public var maxConcurrentBatchesPerLane: Int?
  /// The most loads that wait to be sent; one more fails with ``BatcherOverloaded``. Those under way
  /// do not count. `nil`, the default: no limit.
  public var maxQueued: Int?
  /// Whether equal keys in one batch are sent once. `false` keeps every element, in order: for
  /// writes. Default `true`.
  public var deduplicates: Bool
  /// Whether a call that failed is halved and made again, part by part, until only the elements it
  /// fails for have failed. It calls up to twice as often as there are elements, and what
  /// a failed call has done is done again. Default `false`: a call's error is that of all its keys.
  public var isolatesFailures: Bool

  public init(
    maxBatchSize: Int = 1000, maxBatchWeight: Int? = nil, maxDelay: Duration = .microseconds(100),
    maxConcurrentBatches: Int? = nil, maxConcurrentBatchesPerLane: Int? = nil,
    maxQueued: Int? = nil, deduplicates: Bool = true, isolatesFailures: Bool = false
  ) {
    self.maxBatchSize = maxBatchSize
    self.maxBatchWeight = maxBatchWeight
    self.maxDelay = maxDelay
    self.maxConcurrentBatches = maxConcurrentBatches
    self.maxConcurrentBatchesPerLane = maxConcurrentBatchesPerLane
    self.maxQueued = maxQueued
    self.deduplicates = deduplicates
    self.isolatesFailures = isolatesFailures
    check()
  }

  /// Properties may be changed after the initialiser, so the batcher asks again.
  func check() {
    precondition(maxBatchSize > 0, "maxBatchSize is a number of keys, at least 1")
    precondition(maxDelay >= .zero, "maxDelay is a time, zero or more")
    func check(_ limit: Int?, _ what: String) {
      precondition(limit.map { $0 > 0 } ?? true, "\(what), at least 1; nil means no limit")
    }
    check(maxBatchWeight, "maxBatchWeight is a weight, such as a number of bytes")
    check(maxConcurrentBatches, "maxConcurrentBatches is a number of calls")
    check(maxConcurrentBatchesPerLane, "maxConcurrentBatchesPerLane is a number of calls")
    check(maxQueued, "maxQueued is a number of loads")
  }
}

// SPDX-License-Identifier: Apache-2.0
/// When the batches of a ``Batcher`` leave and how large they get.
public struct BatcherConfiguration: Sendable, Hashable {
  /// Batches of up to 1,000 keys; see each property.
  public static let `default` = BatcherConfiguration()

  /// The most keys in one call. Equal keys that are sent once count once. Default 1,000.
  public var maxBatchSize: Int
  /// The most weight in one call, in the unit of the batcher's `weight` function, such as bytes.
  ///
  /// A heavier element is sent alone. `nil`, the default: no limit.
  public var maxBatchWeight: Int?
  /// How long a key waits for others where nothing can tell that no more come: a plain thread loads
  /// and does not block, or a job keeps its executor busy.
  ///
  /// Default 100 µs.
  ///
  /// A batch waits longer while it is being filled, and while the process gets no processor time.
  public var maxDelay: Duration
  /// The most calls under way at once, for all lanes together. `nil`, the default: no limit.
  public var maxConcurrentBatches: Int?
  /// The most calls under way at once in each lane. `nil`, the default: no limit per lane.
  public var maxConcurrentBatchesPerLane: Int?
  /// The most loads that wait to be sent. One more fails with ``BatcherOverloaded``. Loads that are
  /// under way do not count. `nil`, the default: no limit.
  public var maxQueued: Int?
  /// Whether equal keys in one batch are sent once. Default `true`. With `false`, for writes, every
  /// element is sent, in order.
  public var deduplicates: Bool
  /// Whether a call that failed is made again in halves, until only the elements that cause the
  /// failure have failed.
  ///
  /// That makes up to twice as many calls as there are elements, and repeats what a failed call had
  /// done. Default `false`: the error of a call is the error of all its keys.
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

  /// Called by the initialiser, and by the batcher, because properties can change in between.
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

// SPDX-License-Identifier: Apache-2.0
/// What a ``Batcher`` has done so far, and what is queued and under way at the moment.
///
/// Each load is counted at exactly one place, so at any moment
/// `loads == hits + coalesced + keysSent + refused + dropped + queued`.
public struct BatcherStatistics: Sendable, Hashable {
  // MARK: So far

  /// Calls of `load`: keys asked for.
  public internal(set) var loads = 0
  /// Loads answered by the cache, or by the asynchronous cache behind it.
  public internal(set) var hits = 0
  /// Loads that shared the place of an equal key in their batch.
  public internal(set) var coalesced = 0
  /// Loads refused with ``BatcherOverloaded``.
  public internal(set) var refused = 0
  /// Loads that waited for an earlier element with the same resource.
  public internal(set) var held = 0
  /// Loads that ended before they were sent, because they were cancelled or their time was up.
  public internal(set) var dropped = 0
  /// Loads that ended before their call did: those that were dropped, and those that were cancelled
  /// or whose time was up while they were under way.
  public internal(set) var endedEarly = 0
  /// Errors that a cache of yours threw.
  public internal(set) var cacheErrors = 0
  /// Keys sent.
  public internal(set) var keysSent = 0
  /// Batches sent.
  public internal(set) var batches = 0
  /// Calls of the operation: one for each batch, and more where calls were retried or halved.
  public internal(set) var calls = 0
  /// Calls that retried an earlier one.
  public internal(set) var retries = 0
  /// How many batches were sent with each number of keys: `[1000: 2, 1: 1]`.
  public internal(set) var batchSizes: [Int: Int] = [:]
  /// How many batches left for each reason.
  public internal(set) var reasons: [BatchReason: Int] = [:]
  /// The times in nanoseconds from the opening of each batch to its sending.
  public internal(set) var queueTimes = Distribution()
  /// The times in nanoseconds from the sending of each batch to the end of its last call.
  public internal(set) var callTimes = Distribution()

  // MARK: At the moment

  /// Loads that wait to be sent. While an asynchronous cache is asked for a load's key, it waits.
  public var queued: Int { loads - hits - coalesced - keysSent - refused - dropped }
  /// Batches that should leave, and wait for their turn.
  public internal(set) var waitingBatches = 0
  /// Batches under way.
  public internal(set) var batchesUnderWay = 0
}

/// How often values of each size occurred, by powers of two.
///
/// A value costs one addition. Count, sum and extremes are exact; a quantile is right to within a
/// factor of two.
public struct Distribution: Sendable, Hashable {
  /// How many values there were.
  public private(set) var count = 0
  /// Their sum.
  public private(set) var sum: UInt64 = 0
  /// The smallest; 0 if there was none.
  public private(set) var min: UInt64 = 0
  /// The largest; 0 if there was none.
  public private(set) var max: UInt64 = 0
  /// How many values were zero, 1, 2 to 3, 4 to 7, and so on, up to the bucket of the largest.
  public private(set) var buckets: [Int] = []

  /// The mean; 0 if there was no value.
  public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

  /// A value that the given share of all values does not exceed: the upper end of its bucket.
  ///
  /// - Parameter share: from 0 to 1; 0.99 for the 99th percentile.
  public func quantile(_ share: Double) -> UInt64 {
    precondition((0...1).contains(share), "the share of a quantile is a number from 0 to 1")
    var left = Int((share * Double(count)).rounded(.up))
    for (index, inBucket) in buckets.enumerated() {
      left -= inBucket
      if left <= 0 {
        let end: UInt64 = index == 0 ? 0 : index >= 64 ? .max : (1 << UInt64(index)) - 1
        return Swift.max(Swift.min(end, max), min)
      }
    }
    return max
  }

  mutating func add(_ value: UInt64) {
    let index = UInt64.bitWidth - value.leadingZeroBitCount
    while buckets.count <= index { buckets.append(0) }
    buckets[index] += 1
    min = count == 0 ? value : Swift.min(min, value)
    max = Swift.max(max, value)
    count += 1
    sum = sum.addingReportingOverflow(value).overflow ? .max : sum + value
  }
}

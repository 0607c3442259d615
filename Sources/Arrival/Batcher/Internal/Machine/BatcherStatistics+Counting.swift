// SPDX-License-Identifier: Apache-2.0
extension BatcherStatistics {
  /// A batch was sent.
  mutating func countSent(_ departure: Departure) {
    batches += 1
    queueTimes.add(departure.waited)
    reasons[departure.reason, default: 0] += 1
  }

  /// The operation is called for a batch.
  mutating func countCall(keys: Int, loads: Int) {
    calls += 1
    keysSent += keys
    coalesced += loads - keys
    batchSizes[keys, default: 0] += 1
  }
}

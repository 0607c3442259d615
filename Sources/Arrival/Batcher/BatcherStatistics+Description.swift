// SPDX-License-Identifier: Apache-2.0
extension BatcherStatistics: CustomStringConvertible {
  /// A few lines for a person, without the numbers that are zero.
  ///
  /// ```
  /// 2,001 loads: 1,000 coalesced
  /// 1,001 keys in 2 batches and 2 calls; batches left for: full 1, quiescence 1
  /// batches were queued for 0.3 ms on average (at most 0.5 ms), and under way for …
  /// now: 12 loads queued, 1 batch under way
  /// ```
  public var description: String {
    [loadLine, sentLine, timeLine, nowLine].compactMap(\.self).joined(separator: "\n")
  }

  private var loadLine: String {
    let parts = [
      part(hits, "from the cache"), part(coalesced, "coalesced"), part(refused, "refused"),
      part(held, "held"), part(endedEarly, "ended early"),
      part(dropped, "dropped"), part(cacheErrors, "errors of the cache"),
    ].compactMap(\.self)
    return counted(loads, "load") + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
  }

  private var sentLine: String? {
    if batches == 0 { return nil }
    var line = "\(counted(keysSent, "key")) in \(counted(batches, "batch", "batches"))"
    line += " and \(counted(calls, "call"))"
    if retries > 0 { line += ", including \(counted(retries, "retry", "retries"))" }
    let reasons = BatchReason.allCases.compactMap { reason in
      self.reasons[reason].map { "\(reason) \(grouped($0))" }
    }
    return reasons.isEmpty ? line : line + "; batches left for: \(reasons.joined(separator: ", "))"
  }

  private var timeLine: String? {
    if queueTimes.count == 0 { return nil }
    let line = "batches were queued for \(times(queueTimes))"
    return callTimes.count == 0 ? line : line + ", and under way for \(times(callTimes))"
  }

  private func times(_ times: Distribution) -> String {
    "\(milliseconds(times.mean)) on average (at most \(milliseconds(Double(times.max))))"
  }

  private var nowLine: String? {
    let parts = [
      queued == 0 ? nil : "\(counted(queued, "load")) queued",
      waitingBatches == 0 ? nil : "\(counted(waitingBatches, "batch", "batches")) waiting",
      batchesUnderWay == 0 ? nil : "\(counted(batchesUnderWay, "batch", "batches")) under way",
    ].compactMap(\.self)
    return parts.isEmpty ? nil : "now: \(parts.joined(separator: ", "))"
  }

  private func part(_ count: Int, _ text: String) -> String? {
    count == 0 ? nil : "\(grouped(count)) \(text)"
  }

  private func milliseconds(_ nanoseconds: Double) -> String {
    let tenths = Int((nanoseconds / 100_000).rounded())
    return "\(grouped(tenths / 10)).\(tenths % 10) ms"
  }
}

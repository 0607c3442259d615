// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  /// Work did not end within a time limit.
  public struct UnfinishedWork: Error, Hashable, CustomStringConvertible {
    public let limit: Duration
    /// What had not ended: tasklets with their names and places, and batches.
    public let pending: [String]

    public var description: String {
      let list = pending.prefix(10).map { "\n  \($0)" }.joined()
      let rest = pending.count > 10 ? "\n  … and \(pending.count - 10) more" : ""
      return "\(pending.count) pieces of work did not end within \(limit); give them a time limit"
        + " of their own, or raise this one:\(list)\(rest)"
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
/// Decides whether an operation begins on the thread of Swift's pool that sends its batch, instead
/// of on a thread of its executor. Pure.
///
/// The thread runs the operation up to its first suspension. That saves two switches of threads,
/// which take longer than most operations, but an operation that blocks holds a thread of the
/// pool. So the time of each such step is measured. After a long one, the next batches are handed
/// over: one, then two, four and so on.
struct FirstStepPolicy: Sendable {
  /// About the time that the two switches take.
  private static let limit: Nanoseconds = 50_000
  private static let maxHandedOver = 1 << 12

  /// How many batches are handed over after the next long step.
  private var penalty = 1
  /// How many batches are still to be handed over.
  private var handedOver = 0

  /// Whether the operation of the next batch begins here.
  mutating func beginsHere() -> Bool {
    if handedOver == 0 { return true }
    handedOver -= 1
    return false
  }

  /// A step has ended that began here.
  mutating func ended(after time: Nanoseconds) {
    if time <= Self.limit {
      penalty = 1
    } else {
      handedOver = penalty
      penalty = min(penalty * 2, Self.maxHandedOver)
    }
  }
}

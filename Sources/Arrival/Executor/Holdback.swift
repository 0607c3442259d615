// SPDX-License-Identifier: Apache-2.0
/// Decides when new tasklets are held back because too many threads are blocked. Pure: a part of
/// ``RunLoop``.
///
/// As long as `limit` threads are blocked, one more thread runs only what has begun: steps of
/// tasks, batches, callbacks. Most of the time this is what the blocked threads wait for. But what
/// they wait for may be a tasklet that is held back. So if it stays so for a millisecond, one
/// tasklet may begin, on one more thread. After two more milliseconds two may begin, after four
/// more four, and so on: a thread for each millisecond.
struct Holdback {
  private static let firstPause: Nanoseconds = 1_000_000
  /// The pauses grow to about a second.
  private static let maxDoublings = 10

  /// How many threads may be blocked before new tasklets are held back.
  private let limit: Int
  /// How many more may be blocked, because no thread came back.
  private var extra = 0
  private var doublings = 0
  /// When the next tasklets may begin; `nil` if none were held back since a thread came back.
  private(set) var deadline: Nanoseconds?

  init(limit: Int) { self.limit = limit }

  /// Whether new tasklets are held back.
  func holds(blocked: Int) -> Bool { blocked >= limit + extra }

  /// Whether a wait that blocks so many threads exceeds the limit.
  func exceeds(blocked: Int) -> Bool { blocked >= limit }

  /// New tasklets are held back. When the pause is over, some may begin.
  mutating func pause(now: Nanoseconds, blocked: Int) {
    guard let deadline else {
      self.deadline = now &+ Self.firstPause << doublings
      return
    }
    if now < deadline { return }
    extra = max(extra, blocked - limit) + 1 << doublings
    doublings = min(doublings + 1, Self.maxDoublings)
    self.deadline = now &+ Self.firstPause << doublings
  }

  /// A blocked thread came back, and so many are left. When they are below the limit, the pauses
  /// begin anew. Not before: a thread may come back only to look, and block again.
  mutating func threadCameBack(blocked: Int) {
    if blocked >= limit { return }
    extra = 0
    doublings = 0
    deadline = nil
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Limits how many loads are queued: which are refused, and which wait for room. Pure.
///
/// A place that becomes free goes to the load that has waited longest, and is kept for it. A load
/// that has just arrived cannot take it.
struct QueueLimit: Sendable {
  /// The most places.
  private let limit: Int
  /// Places taken by queued loads, and by waiters that were admitted and have not loaded yet.
  private(set) var taken = 0
  private var queue = RingBuffer<RoomWaiter>()
  /// How many waiters in the queue wait no longer.
  private var gone = 0

  /// `nil` means no limit.
  init(_ limit: Int?) { self.limit = limit ?? .max }

  /// Takes a place, if there is one.
  mutating func enter() -> Bool {
    // Whenever a waiter waits, every place is taken.
    if taken >= limit { return false }
    taken += 1
    return true
  }

  /// Takes a place for a waiter; `false` if it has to wait.
  mutating func enter(_ waiter: RoomWaiter) -> Bool {
    if enter() {
      waiter.state = .admitted
      return true
    }
    queue.append(waiter)
    return false
  }

  /// Places become free. Returns the waiters that have one now.
  mutating func leave(_ count: Int) -> [RoomWaiter] {
    taken -= count
    if queue.isEmpty { return [] }
    var admitted: [RoomWaiter] = []
    while taken < limit, let waiter = queue.popFirst() {
      if waiter.state == .gone {
        gone -= 1
        continue
      }
      waiter.state = .admitted
      taken += 1
      admitted.append(waiter)
    }
    return admitted
  }

  /// A waiter waits no longer. If it had a place already, the next waiter gets it.
  mutating func giveUp(_ waiter: RoomWaiter) -> [RoomWaiter] {
    let old = waiter.state
    waiter.state = .gone
    switch old {
    case .admitted: return leave(1)
    case .waiting: removeGone()
    case .gone: break
    }
    return []
  }

  /// One more has gone. Frees those that have, once they are most of the queue.
  private mutating func removeGone() {
    gone += 1
    if gone <= queue.count / 2 { return }
    for _ in 0..<queue.count {
      if let waiter = queue.popFirst(), waiter.state != .gone { queue.append(waiter) }
    }
    gone = 0
  }
}

/// A load that waits for room.
// `@unchecked Sendable`: `state` belongs to the batcher's lock.
final class RoomWaiter: @unchecked Sendable {
  fileprivate enum State { case waiting, admitted, gone }

  fileprivate var state = State.waiting
  /// Done when there is room for the load.
  let admission: Future<Void>

  init(_ admission: Future<Void>) { self.admission = admission }
}

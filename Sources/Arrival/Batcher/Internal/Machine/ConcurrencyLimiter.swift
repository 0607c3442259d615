// SPDX-License-Identifier: Apache-2.0
/// Gives out turns where only so many calls may be under way, in all and in each lane.
///
/// Each lane has its own queue, first in first out, and lanes with a queue take turns. So a lane
/// that always has more to send does not delay the others. Pure; O(1) for each event.
struct ConcurrencyLimiter<Batch: Sendable>: Sendable {
  /// The most under way at once, of all lanes together.
  let limit: Int
  /// The most under way at once in each lane.
  let limitPerLane: Int

  private(set) var underWay = 0
  /// How many are under way in each lane; counted only if lanes have a limit.
  private var underWayIn: [Lane?: Int] = [:]
  private var queues: [Lane?: RingBuffer<Batch>] = [:]
  /// The lanes that have a queue and are below their own limit, in the order of their turns.
  private var laneOrder = RingBuffer<Lane?>()
  /// How many wait for their turn.
  private(set) var waiting = 0

  /// `nil` means no limit.
  init(limit: Int?, limitPerLane: Int?) {
    self.limit = limit ?? .max
    self.limitPerLane = limitPerLane ?? .max
  }

  /// Whether a batch of the lane would have to wait for another one of the same lane.
  func isFull(_ lane: Lane?) -> Bool {
    limitPerLane < .max && underWayIn[lane, default: 0] >= limitPerLane
  }

  /// Whether a batch of any lane would have to wait.
  var isFull: Bool { underWay >= limit }

  /// A batch should leave: `true` if it has a turn at once. Otherwise it waits for one.
  mutating func enter(_ batch: Batch, _ lane: Lane?) -> Bool {
    // No batch waits that could leave, because a free turn is given on at once.
    if !isFull, !isFull(lane) {
      count(1, in: lane)
      return true
    }
    if queues[lane] == nil, !isFull(lane) { laneOrder.append(lane) }
    queues[lane, default: RingBuffer()].append(batch)
    waiting += 1
    return false
  }

  /// A turn in the lane is over. Returns the batch whose turn it is now.
  mutating func ended(_ lane: Lane?) -> Batch? {
    let wasFull = isFull(lane)
    count(-1, in: lane)
    if waiting == 0 { return nil }
    if wasFull, queues[lane] != nil { laneOrder.append(lane) }
    guard !isFull, let next = laneOrder.popFirst(), let batch = queues[next]?.popFirst() else {
      return nil
    }
    waiting -= 1
    count(1, in: next)
    if queues[next]?.isEmpty == true {
      queues[next] = nil
    } else if !isFull(next) {
      laneOrder.append(next)
    }
    return batch
  }

  private mutating func count(_ change: Int, in lane: Lane?) {
    underWay += change
    if limitPerLane == .max { return }
    let count = underWayIn[lane, default: 0] + change
    underWayIn[lane] = count == 0 ? nil : count
  }
}

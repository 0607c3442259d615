/// Whose turn it is where only so many calls may be under way, in all and in each lane.
///
/// Each lane has a line of its own, first in first out, and lanes that wait take turns: one that
/// always has more to send holds up no other. Pure; O(1) an event.
struct Turns<Batch: Sendable>: Sendable {
  /// The most under way at once, of all lanes together.
  let limit: Int
  /// The most under way at once in each lane.
  let limitPerLane: Int

  private(set) var underWay = 0
  /// How many are under way in each lane; counted only if a lane has a limit.
  private var underWayIn: [Lane?: Int] = [:]
  private var lines: [Lane?: RingBuffer<Batch>] = [:]
  /// Lanes with a line that are below their own limit, in the order of their turns.
  private var order = RingBuffer<Lane?>()
  private(set) var waiting = 0

  /// `nil` means no limit.
  init(limit: Int?, limitPerLane: Int?) {
    self.limit = limit ?? .max
    self.limitPerLane = limitPerLane ?? .max
  }

  /// Whether a batch of the lane would have to wait for another of its own lane to end.
  func isFull(_ lane: Lane?) -> Bool {
    limitPerLane < .max && underWayIn[lane, default: 0] >= limitPerLane
  }

  /// Whether any batch would have to wait.
  var isFull: Bool { underWay >= limit }

  /// A batch wants to leave: `true` if it is its turn, or else it waits for it.
  mutating func enter(_ batch: Batch, _ lane: Lane?) -> Bool {
    // Nobody waits who could go: turns are given as soon as there are any.
    if !isFull, !isFull(lane) {
      count(1, in: lane)
      return true
    }
    if lines[lane] == nil, !isFull(lane) { order.append(lane) }
    lines[lane, default: RingBuffer()].append(batch)
    waiting += 1
    return false
  }

  /// A call of the lane has ended; gives the batch whose turn it is now.
  mutating func ended(_ lane: Lane?) -> Batch? {
    let wasFull = isFull(lane)
    count(-1, in: lane)
    if waiting == 0 { return nil }
    if wasFull, lines[lane] != nil { order.append(lane) }
    guard !isFull, let next = order.popFirst(), let batch = lines[next]?.popFirst() else {
      return nil
    }
    waiting -= 1
    count(1, in: next)
    if lines[next]?.isEmpty == true {
      lines[next] = nil
    } else if !isFull(next) {
      order.append(next)
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

// SPDX-License-Identifier: Apache-2.0
/// The order in which transactions that conflicted over the same entities are retried. It is pure.
///
/// There is a queue for each key. A transaction joins the queues of all its keys at one moment, and
/// has its turn when it is first in each. So one of them always has its turn, and no ring of waits
/// can form.
struct ContentionQueue {
  struct Ticket: Hashable {
    fileprivate let number: UInt64
  }

  private struct Entry {
    let keys: Set<Key>
    /// In how many queues another transaction is ahead.
    var behind: Int
  }

  private var queues: [Key: [Ticket]] = [:]
  private var entries: [Ticket: Entry] = [:]
  private var lastNumber: UInt64 = 0

  /// Whether the queue of one of the keys has a transaction in it.
  func isContended(_ keys: some Sequence<Key>) -> Bool {
    !queues.isEmpty && keys.contains { queues[$0] != nil }
  }

  /// Whether no transaction is ahead of this ticket. A ticket that has left has no turn.
  func hasTurn(_ ticket: Ticket) -> Bool { entries[ticket]?.behind == 0 }

  /// Joins the queues of these keys, at their ends.
  mutating func join(_ keys: Set<Key>) -> Ticket {
    lastNumber += 1
    let ticket = Ticket(number: lastNumber)
    var behind = 0
    for key in keys {
      if queues[key] != nil { behind += 1 }
      queues[key, default: []].append(ticket)
    }
    entries[ticket] = Entry(keys: keys, behind: behind)
    return ticket
  }

  /// Leaves all queues, from whatever position. A second call does nothing.
  ///
  /// - Returns: The tickets that have their turn now.
  mutating func leave(_ ticket: Ticket) -> [Ticket] {
    guard let entry = entries.removeValue(forKey: ticket) else { return [] }
    var next: [Ticket] = []
    for key in entry.keys {
      guard let place = queues[key]?.firstIndex(of: ticket) else { continue }
      queues[key]?.remove(at: place)
      guard let first = queues[key]?.first else {
        queues[key] = nil
        continue
      }
      guard place == 0 else { continue }
      entries[first]?.behind -= 1
      if hasTurn(first) { next.append(first) }
    }
    return next
  }
}

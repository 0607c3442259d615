/// In which order transactions that met over the same entities are tried again: pure.
///
/// Each stands in the line of every key that it touches, in all from the same moment on, and has its turn
/// when it is the first in each. So there is always one that has its turn, and no ring of waits.
struct ContentionQueue {
  struct Ticket: Hashable {
    fileprivate let number: UInt64
  }

  private struct Entry {
    let keys: Set<Key>
    /// In how many lines somebody stands before it.
    var behind: Int
  }

  private var lines: [Key: [Ticket]] = [:]
  private var entries: [Ticket: Entry] = [:]
  private var lastNumber: UInt64 = 0

  /// Whether somebody stands in the line of one of the keys.
  func isContended(_ keys: some Sequence<Key>) -> Bool {
    !lines.isEmpty && keys.contains { lines[$0] != nil }
  }

  /// Whether nobody stands before it; a ticket that has left has no turn.
  func hasTurn(_ ticket: Ticket) -> Bool { entries[ticket]?.behind == 0 }

  /// Stands in the lines of these keys from now on.
  mutating func join(_ keys: Set<Key>) -> Ticket {
    lastNumber += 1
    let ticket = Ticket(number: lastNumber)
    var behind = 0
    for key in keys {
      if lines[key] != nil { behind += 1 }
      lines[key, default: []].append(ticket)
    }
    entries[ticket] = Entry(keys: keys, behind: behind)
    return ticket
  }

  /// Leaves all lines, also from among others; does nothing a second time.
  ///
  /// - Returns: Those whose turn it is by that.
  mutating func leave(_ ticket: Ticket) -> [Ticket] {
    guard let entry = entries.removeValue(forKey: ticket) else { return [] }
    var next: [Ticket] = []
    for key in entry.keys {
      guard let place = lines[key]?.firstIndex(of: ticket) else { continue }
      lines[key]?.remove(at: place)
      guard let first = lines[key]?.first else {
        lines[key] = nil
        continue
      }
      guard place == 0 else { continue }
      entries[first]?.behind -= 1
      if hasTurn(first) { next.append(first) }
    }
    return next
  }
}

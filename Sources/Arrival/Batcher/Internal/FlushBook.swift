/// Which flushes wait for which batches. Pure.
///
/// A flush waits for what was queued or under way when it was called, and for what that spawns while
/// it is under way; not for what others load meanwhile, so it ends while loads go on.
struct FlushBook: Sendable {
  private struct Flush {
    /// Done when nothing is left to wait for.
    let end: Future<Void>
    var members: Int
  }

  private var flushes: [Int: Flush] = [:]
  /// The flushes that wait for each member, by its number.
  private var flushesOf: [Int: [Int]] = [:]
  private var nextID = 0

  /// Whether any flush is under way.
  var isActive: Bool { !flushes.isEmpty }

  /// A flush waits for these.
  mutating func begin(_ end: Future<Void>, _ members: [Int]) {
    if members.isEmpty { return }
    flushes[nextID] = Flush(end: end, members: members.count)
    for member in members { flushesOf[member, default: []].append(nextID) }
    nextID += 1
  }

  /// Whoever waits for `parent` waits for `member` too.
  mutating func add(_ member: Int, spawnedBy parent: Int) {
    guard let inherited = flushesOf[parent] else { return }
    var all = flushesOf[member] ?? []
    for id in inherited where !all.contains(id) {
      all.append(id)
      flushes[id]?.members += 1
    }
    flushesOf[member] = all
  }

  /// A member has ended; gives the ends of the flushes that waited for it last.
  mutating func ended(_ member: Int) -> [Future<Void>] {
    guard !flushes.isEmpty, let waiting = flushesOf.removeValue(forKey: member) else { return [] }
    var over: [Future<Void>] = []
    for id in waiting {
      flushes[id]?.members -= 1
      if let flush = flushes[id], flush.members == 0 {
        over.append(flush.end)
        flushes[id] = nil
      }
    }
    return over
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Knows what each flush waits for. Pure.
///
/// A flush waits for what was queued or under way when it was called, and for what that loads while
/// it is under way. It does not wait for other loads, so it ends even if loading never stops.
struct FlushTracker: Sendable {
  /// What a flush can wait for.
  enum Member: Hashable, Sendable {
    case batch(Int)
    case hold(HoldNumber)
  }

  private struct Flush {
    /// Done when nothing is left to wait for.
    let end: Future<Void>
    var members: Int
  }

  private var flushes: [Int: Flush] = [:]
  /// The flushes that wait for each member.
  private var flushesOf: [Member: [Int]] = [:]
  private var nextID = 0

  /// What a flush still waits for.
  func members(of end: Future<Void>) -> [Member] {
    guard let id = flushes.first(where: { $0.value.end === end })?.key else { return [] }
    return flushesOf.filter { $0.value.contains(id) }.map(\.key)
  }

  /// Whether any flush is under way.
  var isActive: Bool { !flushes.isEmpty }

  /// A flush waits for these members.
  mutating func begin(_ end: Future<Void>, _ members: [Member]) {
    if members.isEmpty { return }
    flushes[nextID] = Flush(end: end, members: members.count)
    for member in members { flushesOf[member, default: []].append(nextID) }
    nextID += 1
  }

  /// Each flush that waits for `parent` waits for `member` too.
  mutating func add(_ member: Member, spawnedBy parent: Member) {
    guard let inherited = flushesOf[parent] else { return }
    var all = flushesOf[member] ?? []
    for id in inherited where !all.contains(id) {
      all.append(id)
      flushes[id]?.members += 1
    }
    flushesOf[member] = all
  }

  /// A member has ended. Returns the flushes that waited for it last.
  mutating func ended(_ member: Member) -> [Future<Void>] {
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

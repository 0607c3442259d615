/// How many loads are queued, who is refused, and who waits for room. Pure.
///
/// A place that becomes free goes to whoever has waited longest, and is kept for him until he
/// comes: nobody who has just arrived is faster.
struct Room: Sendable {
  /// Somebody who waits.
  final class Guest: @unchecked Sendable {
    // `@unchecked Sendable`: `state` belongs to the batcher's lock.
    fileprivate enum State { case waiting, admitted, gone }

    fileprivate var state = State.waiting
    /// Done when there is a place for him.
    let admission: Future<Void>

    init(_ admission: Future<Void>) { self.admission = admission }
  }

  /// The most places.
  let limit: Int
  /// Places taken, by what is queued and by those who were admitted.
  private(set) var taken = 0
  private var line = RingBuffer<Guest>()

  init(limit: Int?) { self.limit = limit ?? .max }

  /// Takes a place, if there is one.
  mutating func enter() -> Bool {
    // Whenever somebody waits, every place is taken.
    if taken >= limit { return false }
    taken += 1
    return true
  }

  /// Takes a place for somebody who would wait for one; `false` if he has to.
  mutating func enter(_ guest: Guest) -> Bool {
    if enter() {
      guest.state = .admitted
      return true
    }
    line.append(guest)
    return false
  }

  /// Places become free; gives those for whom there is one now.
  mutating func leave(_ count: Int) -> [Guest] {
    taken -= count
    if line.isEmpty { return [] }
    var admitted: [Guest] = []
    while taken < limit, let guest = line.popFirst() {
      if guest.state == .gone { continue }
      guest.state = .admitted
      taken += 1
      admitted.append(guest)
    }
    return admitted
  }

  /// Somebody waits no longer; if he had a place already, it goes to the next.
  mutating func giveUp(_ guest: Guest) -> [Guest] {
    let wasAdmitted = guest.state == .admitted
    guest.state = .gone
    return wasAdmitted ? leave(1) : []
  }
}

import Testing

@testable import Datastore

// Functions and not methods: a method would hold a second copy of the planner while it changes it,
// and so copy its tables.

private func ticket(_ id: Int, _ key: Key?, bytes: Int = 10) -> CommitPlanner<Void>.Ticket {
  CommitPlanner<Void>.Ticket(id: id, key: key, bytes: bytes, payload: ())
}

/// The lane a new mutation goes to; `nil` if it is held.
private func submit(_ planner: inout CommitPlanner<Void>, _ ticket: CommitPlanner<Void>.Ticket)
  -> Int?
{
  switch planner.submit(ticket.id, ticket.key, makeTicket: { _ in ticket }) {
  case .load(_, let lane): lane
  case .hold: nil
  }
}

@Suite("Planning of commits")
struct CommitPlannerTests {
  typealias Planner = CommitPlanner<Void>

  var planner = Planner(maxBytes: 100)
  let a = Key("A", id: 1)
  let b = Key("A", id: 2)

  @Test("Mutations of different keys go at once, in one lane")
  mutating func differentKeys() {
    #expect(submit(&planner, ticket(1, a)) == 0)
    #expect(submit(&planner, ticket(2, b)) == 0)
    #expect(submit(&planner, ticket(3, nil)) == 0)
    #expect(submit(&planner, ticket(4, nil)) == 0)
    #expect(planner.held == 0)
  }

  @Test("Three mutations of one key leave one after the other, in order")
  mutating func oneKey() {
    let tickets = (1...3).map { ticket($0, a) }
    #expect(submit(&planner, tickets[0]) == 0)
    #expect(submit(&planner, tickets[1]) == nil)
    #expect(submit(&planner, tickets[2]) == nil)
    #expect(planner.held == 2)

    #expect(planner.dispatch([tickets[0]]) == [tickets[0]])
    #expect(planner.finish([tickets[0]]).map(\.ticket) == [tickets[1]])
    #expect(planner.dispatch([tickets[1]]) == [tickets[1]])
    #expect(planner.finish([tickets[1]]).map(\.ticket) == [tickets[2]])
    #expect(planner.dispatch([tickets[2]]) == [tickets[2]])
    #expect(planner.finish([tickets[2]]).isEmpty)
    #expect(planner.isEmpty)
  }

  @Test("A mutation asked for while one of its key is sent waits for the end of that commit")
  mutating func whileSent() {
    let (first, second) = (ticket(1, a), ticket(2, a))
    _ = submit(&planner, first)
    _ = planner.dispatch([first])
    #expect(submit(&planner, second) == nil)
    #expect(submit(&planner, ticket(3, b)) == 0)
    #expect(planner.finish([first]).map(\.ticket) == [second])
  }

  @Test("A key is free again when its last mutation has ended")
  mutating func freeAgain() {
    let first = ticket(1, a)
    _ = submit(&planner, first)
    _ = planner.dispatch([first])
    #expect(planner.finish([first]).isEmpty)
    #expect(planner.isEmpty)
    #expect(submit(&planner, ticket(2, a)) == 0)
  }

  @Test("A commit's end lets one mutation of each of its keys go, in its order")
  mutating func severalReleased() {
    let tickets = [ticket(1, a), ticket(2, b), ticket(3, b), ticket(4, a), ticket(5, a)]
    for ticket in tickets { _ = submit(&planner, ticket) }
    let sent = planner.dispatch([tickets[0], tickets[1]])
    #expect(planner.finish(sent).map(\.ticket.id) == [4, 3])
    #expect(planner.held == 1)
  }

  @Test("Bytes beyond the cap open another lane, and room is made by what was sent")
  mutating func lanes() {
    let tickets = (1...4).map { ticket($0, nil, bytes: 40) }
    #expect(submit(&planner, tickets[0]) == 0)
    #expect(submit(&planner, tickets[1]) == 0)
    #expect(submit(&planner, tickets[2]) == 1)
    _ = planner.dispatch([tickets[0], tickets[1]])
    // Lane 0 is empty but closed; lane 1 has room for one more.
    #expect(submit(&planner, tickets[3]) == 1)
    #expect(submit(&planner, ticket(5, nil, bytes: 40)) == 2)
  }

  @Test("Exactly the cap fits in a lane, and what is larger travels alone")
  mutating func exactlyTheCap() {
    #expect(submit(&planner, ticket(1, nil, bytes: 100)) == 0)
    #expect(submit(&planner, ticket(2, nil, bytes: 1)) == 1)
    #expect(submit(&planner, ticket(3, nil, bytes: 500)) == 2)
    #expect(submit(&planner, ticket(4, nil, bytes: 1)) == 3)
  }

  @Test("A lane that empties is used on, however many bytes have gone through it")
  mutating func longLane() {
    for id in 1...1_000 {
      let one = ticket(id, nil, bytes: 60)
      #expect(submit(&planner, one) == 0)
      _ = planner.dispatch([one])
      _ = planner.finish([one])
    }
  }

  @Test("A mutation given up before it was sent stays out of its commit and lets the next one go")
  mutating func abandoned() {
    let (first, second) = (ticket(1, a), ticket(2, a))
    let other = ticket(3, b, bytes: 90)
    _ = submit(&planner, first)
    _ = submit(&planner, second)
    #expect(planner.abandon(first)?.ticket == second)
    #expect(submit(&planner, other) == 0)
    #expect(planner.dispatch([first, second, other]) == [second, other])
    #expect(planner.abandon(first) == nil)
  }

  @Test("A mutation given up while it is sent holds the next one up until its commit ends")
  mutating func abandonedWhileSent() {
    let (first, second) = (ticket(1, a), ticket(2, a))
    _ = submit(&planner, first)
    _ = planner.dispatch([first])
    _ = submit(&planner, second)
    #expect(planner.abandon(first) == nil)
    #expect(planner.finish([first]).map(\.ticket) == [second])
    // The late news of the first one's end changes nothing for the second.
    #expect(planner.abandon(first) == nil)
    #expect(planner.dispatch([second]) == [second])
  }

  // Copying the table at each step, which is easily done by accident, would take many minutes.
  @Test("100,000 keys under way cost no more each than one", .timeLimit(.minutes(1)))
  mutating func manyKeys() {
    let tickets = (1...100_000).map { ticket($0, Key("A", id: Int64($0)), bytes: 0) }
    for ticket in tickets { _ = submit(&planner, ticket) }
    for ticket in tickets {
      _ = planner.dispatch([ticket])
      #expect(planner.finish([ticket]).isEmpty)
    }
    #expect(planner.isEmpty)
  }

  @Test("10,000 mutations of one key keep their order, in linear time", .timeLimit(.minutes(1)))
  mutating func longLine() {
    let tickets = (0..<10_000).map { ticket($0, a) }
    for ticket in tickets { _ = submit(&planner, ticket) }
    var order = [0]
    var current = tickets[0]
    while true {
      _ = planner.dispatch([current])
      guard let next = planner.finish([current]).first else { break }
      current = next.ticket
      order.append(current.id)
    }
    #expect(order == Array(0..<10_000))
    #expect(planner.isEmpty)
  }

  @Test("Whatever is asked for, no commit has a key twice or too many bytes", arguments: 0..<50)
  mutating func anything(seed: UInt64) {
    var random = Generator(state: seed)
    var open: [Int: [Planner.Ticket]] = [:]
    var sent: [[Planner.Ticket]] = []
    var lastOf: [Key: Int] = [:]
    var ended = 0
    let total = 300

    func take(_ ready: [Planner.Ready]) {
      for ready in ready { open[ready.lane, default: []].append(ready.ticket) }
    }
    func send(_ lane: Int) {
      let commit = planner.dispatch(open.removeValue(forKey: lane) ?? [])
      let keys = commit.compactMap(\.key)
      #expect(Set(keys).count == keys.count)
      #expect(commit.count == 1 || commit.reduce(0) { $0 + $1.bytes } <= 100)
      for other in sent { #expect(Set(other.compactMap(\.key)).isDisjoint(with: keys)) }
      for ticket in commit {
        guard let key = ticket.key else { continue }
        #expect(lastOf[key, default: -1] < ticket.id)
        lastOf[key] = ticket.id
      }
      if !commit.isEmpty { sent.append(commit) }
    }

    for id in 0..<total {
      let key = random.next() % 4 == 0 ? nil : Key("A", id: Int64(random.next() % 7) + 1)
      let new = ticket(id, key, bytes: Int(random.next() % 50) + 1)
      if let lane = submit(&planner, new) { open[lane, default: []].append(new) }
      if random.next() % 3 == 0, let lane = open.keys.min() { send(lane) }
      if random.next() % 3 == 0, !sent.isEmpty {
        let commit = sent.remove(at: Int(random.next() % UInt64(sent.count)))
        ended += commit.count
        take(planner.finish(commit))
      }
    }
    while !open.isEmpty || !sent.isEmpty {
      if let lane = open.keys.min() { send(lane) }
      if let commit = sent.popLast() {
        ended += commit.count
        take(planner.finish(commit))
      }
    }
    #expect(ended == total)
    #expect(planner.isEmpty)
  }
}

/// A small generator with a seed, so that a failure can be replayed.
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) >> 11
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival
@testable import ArrivalDatastore

@Suite struct ContentionQueueTests {
  private func keys(_ names: String...) -> Set<Key> { Set(names.map { Key("K", name: $0) }) }

  @Test func `The first transaction in all its queues has its turn, and then the next`() {
    var queue = ContentionQueue()
    #expect(!queue.isContended(keys("a")))
    let first = queue.join(keys("a", "b"))
    let second = queue.join(keys("b", "c"))
    let third = queue.join(keys("c"))
    let other = queue.join(keys("d"))
    #expect([first, second, third, other].map { queue.hasTurn($0) } == [true, false, false, true])
    #expect(queue.isContended(keys("x", "c")))
    #expect(queue.leave(first) == [second])
    #expect(queue.leave(first).isEmpty)
    #expect(!queue.hasTurn(first))
    #expect(!queue.isContended(keys("a")))
    #expect(queue.leave(second) == [third])
  }

  @Test func `A transaction that leaves before its turn lets the next one pass`() {
    var queue = ContentionQueue()
    let first = queue.join(keys("a"))
    let second = queue.join(keys("a", "b"))
    let third = queue.join(keys("b"))
    #expect(queue.leave(second) == [third])
    #expect(queue.leave(first).isEmpty)
    #expect(queue.leave(third).isEmpty)
    #expect(!queue.isContended(keys("a", "b")))
  }

  @Test func `A transaction without keys has its turn at once`() {
    var queue = ContentionQueue()
    let ticket = queue.join([])
    #expect(queue.hasTurn(ticket))
    #expect(queue.leave(ticket).isEmpty)
  }

  /// Checks the rule itself: a ticket has its turn if no ticket before it shares a key with it.
  @Test(arguments: 0..<200)
  func `Random arrivals and departures keep the rules of turns`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = ContentionQueue()
    var standing: [(ticket: ContentionQueue.Ticket, keys: Set<Key>)] = []
    func shouldHaveTurn(_ place: Int) -> Bool {
      standing[..<place].allSatisfy { $0.keys.isDisjoint(with: standing[place].keys) }
    }
    for _ in 0..<100 {
      if standing.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
        let names = (0..<Int.random(in: 0...3, using: &random)).map { _ in
          Key("K", id: Int64.random(in: 1...6, using: &random))
        }
        standing.append((queue.join(Set(names)), Set(names)))
      } else {
        let before = Set(standing.indices.filter(shouldHaveTurn).map { standing[$0].ticket })
        // Mostly tickets that have their turn leave, because their transactions have ended.
        let place = standing.indices.randomElement(using: &random)!
        let left = standing.remove(at: place)
        let now = Set(standing.indices.filter(shouldHaveTurn).map { standing[$0].ticket })
        let next = queue.leave(left.ticket)
        #expect(Set(next) == now.subtracting(before))
        #expect(Set(next).count == next.count)
      }
      #expect(standing.isEmpty || standing.contains { queue.hasTurn($0.ticket) })
      for place in standing.indices {
        #expect(queue.hasTurn(standing[place].ticket) == shouldHaveTurn(place))
      }
    }
  }
}

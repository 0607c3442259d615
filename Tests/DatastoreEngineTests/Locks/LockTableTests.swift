// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import Testing

@testable import DatastoreEngine

@Suite struct LockTableTests {
  private let a = LockedResource.entity(Key("A", id: 1))
  private let b = LockedResource.entity(Key("B", id: 1))
  private let kind = LockedResource.kind("A", namespace: "")

  private func owner(_ number: Int) -> LockTable.Owner { LockTable.Owner(number: number) }

  @Test func `A lock that another has is waited for`() throws {
    var table = LockTable()
    #expect(table.request([a: [.exclusive]], for: owner(1)) == .granted)
    guard case .waits(let ticket) = table.request([a: [.exclusive]], for: owner(2)) else {
      Issue.record("The second owner does not wait")
      return
    }
    #expect(table.release(owner(1)) == [ticket])
    #expect(table.release(owner(2)) == [])
    #expect(table.isEmpty)
  }

  @Test func `An owner gets its own lock again`() {
    var table = LockTable()
    #expect(table.request([a: [.exclusive]], for: owner(1)) == .granted)
    #expect(table.request([a: [.exclusive], kind: [.change]], for: owner(1)) == .granted)
  }

  @Test func `Locks are granted in the order of the requests`() {
    var table = LockTable()
    _ = table.request([a: [.exclusive]], for: owner(0))
    var order: [LockTable.Ticket] = []
    for number in 1...12 {
      guard case .waits(let ticket) = table.request([a: [.exclusive]], for: owner(number)) else {
        Issue.record("Owner \(number) does not wait")
        return
      }
      order.append(ticket)
    }
    for number in 0..<12 { #expect(table.release(owner(number)) == [order[number]]) }
  }

  @Test func `Queries share a kind, and keep changes away`() {
    var table = LockTable()
    #expect(table.request([kind: [.scan]], for: owner(1)) == .granted)
    #expect(table.request([kind: [.scan]], for: owner(2)) == .granted)
    guard case .waits(let change) = table.request([kind: [.change]], for: owner(3)) else {
      Issue.record("The change does not wait")
      return
    }
    #expect(table.release(owner(1)) == [])
    #expect(table.release(owner(2)) == [change])
  }

  @Test func `The request that closes a ring is refused, and the others go on`() {
    var table = LockTable()
    _ = table.request([a: [.exclusive]], for: owner(1))
    _ = table.request([b: [.exclusive]], for: owner(2))
    guard case .waits(let ticket) = table.request([b: [.exclusive]], for: owner(1)) else {
      Issue.record("The first request does not wait")
      return
    }
    #expect(table.request([a: [.exclusive]], for: owner(2)) == .deadlock)
    #expect(table.release(owner(2)) == [ticket])
  }

  @Test func `A request that gives up lets those behind it pass`() {
    var table = LockTable()
    _ = table.request([kind: [.scan]], for: owner(1))
    guard case .waits(let change) = table.request([kind: [.change]], for: owner(2)),
      case .waits(let scan) = table.request([kind: [.scan]], for: owner(3))
    else {
      Issue.record("A request does not wait")
      return
    }
    #expect(table.cancel(change) == [scan])
  }

  /// Random requests: no two owners ever hold locks that exclude each other, and all waits end.
  @Test(arguments: 0..<50)
  func `Random owners never hold locks that exclude each other`(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var table = LockTable()
    var held: [LockTable.Owner: LockTable.Locks] = [:]
    var waiting: [LockTable.Ticket: (LockTable.Owner, LockTable.Locks)] = [:]
    func grant(_ tickets: [LockTable.Ticket]) {
      for ticket in tickets {
        guard let (owner, locks) = waiting.removeValue(forKey: ticket) else {
          Issue.record("A request was granted twice")
          continue
        }
        held[owner, default: [:]].merge(locks) { $0.union($1) }
      }
    }
    for _ in 0..<400 {
      let owner = LockTable.Owner(number: .random(in: 0..<6, using: &random))
      if Bool.random(using: &random), !waiting.values.contains(where: { $0.0 == owner }) {
        let mode: LockMode = [.exclusive, .scan, .change].randomElement(using: &random)!
        let locks: LockTable.Locks = [[a, b, kind].randomElement(using: &random)!: [mode]]
        switch table.request(locks, for: owner) {
        case .granted: held[owner, default: [:]].merge(locks) { $0.union($1) }
        case .waits(let ticket): waiting[ticket] = (owner, locks)
        case .deadlock: break
        }
      } else if !waiting.values.contains(where: { $0.0 == owner }) {
        held[owner] = nil
        grant(table.release(owner))
      }
      for (first, mine) in held {
        for (second, theirs) in held where first != second {
          for (resource, modes) in mine {
            for mode in modes {
              #expect(theirs[resource, default: []].allSatisfy { mode.allows($0) })
            }
          }
        }
      }
    }
    while let owner = held.keys.first {
      held[owner] = nil
      grant(table.release(owner))
    }
    #expect(waiting.isEmpty)
    #expect(table.isEmpty)
  }

  /// Owners that wait do nothing until they get their locks, as transactions do.
  @Test(arguments: 0..<200)
  func `Random owners that wait for each other never form a ring`(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var table = LockTable()
    var waiting: [LockTable.Ticket: LockTable.Owner] = [:]
    var active: Set<LockTable.Owner> = []
    func end(_ owner: LockTable.Owner) {
      active.remove(owner)
      for ticket in table.release(owner) { waiting[ticket] = nil }
    }
    for _ in 0..<300 {
      let owner = LockTable.Owner(number: .random(in: 0..<8, using: &random))
      if waiting.values.contains(owner) { continue }
      if .random(in: 0..<5, using: &random) == 0 { end(owner) }
      var locks: LockTable.Locks = [:]
      for resource in [a, b, kind] where Bool.random(using: &random) {
        locks[resource] = [[.exclusive, .scan, .change].randomElement(using: &random)!]
      }
      active.insert(owner)
      switch table.request(locks, for: owner) {
      case .granted: break
      case .waits(let ticket): waiting[ticket] = owner
      case .deadlock: end(owner)
      }
    }
    while let owner = active.subtracting(waiting.values).first { end(owner) }
    #expect(waiting.isEmpty, "They wait for ever")
    #expect(table.isEmpty)
  }

  @Test func `A ring is found though its owner waits for something else too`() {
    var table = LockTable()
    _ = table.request([a: [.exclusive]], for: owner(1))
    _ = table.request([b: [.exclusive]], for: owner(2))
    _ = table.request([kind: [.scan]], for: owner(3))
    guard case .waits(let other) = table.request([kind: [.change]], for: owner(2)),
      case .waits(let first) = table.request([b: [.exclusive]], for: owner(1))
    else {
      Issue.record("A request does not wait")
      return
    }
    #expect(table.request([a: [.exclusive]], for: owner(2)) == .deadlock)
    #expect(table.release(owner(3)) == [other])
    #expect(table.release(owner(2)) == [first])
  }

  @Test func `Many may wait for one lock`() {
    var table = LockTable()
    let count = 400
    var tickets: [LockTable.Ticket: LockTable.Owner] = [:]
    for number in 0..<count {
      // Each has a lock of its own too.
      let own = LockedResource.entity(Key("Own", id: Int64(number + 1)))
      #expect(table.request([own: [.exclusive]], for: owner(number)) == .granted)
      if case .waits(let ticket) = table.request([a: [.exclusive]], for: owner(number)) {
        tickets[ticket] = owner(number)
      }
    }
    #expect(tickets.count == count - 1)
    var next: LockTable.Owner? = owner(0)
    var ended = 0
    while let owner = next {
      ended += 1
      next = table.release(owner).first.flatMap { tickets[$0] }
    }
    #expect(ended == count)
    #expect(table.isEmpty)
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}

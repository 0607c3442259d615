// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// Something that transactions lock.
enum LockedResource: Sendable, Hashable {
  /// An entity, whether or not it exists.
  case entity(Key)
  /// The set of entities of a kind in a namespace, or of all kinds.
  case kind(String?, namespace: String)
}

/// How a resource is locked.
enum LockMode: Sendable, Hashable {
  /// Nobody else may have it: a read by a transaction that may write, or a write.
  case exclusive
  /// No entity may come or go: a query. Compatible with other queries.
  case scan
  /// An entity comes, changes or goes. Compatible with other changes.
  case change

  func allows(_ other: LockMode) -> Bool { self == other && self != .exclusive }
}

/// The locks of transactions, and the requests that wait for them. A pure state machine.
///
/// A request asks for all of its locks at once and gets them together. Waiting requests are served
/// in the order in which they came, so none waits for ever while others pass it. A request that
/// would close a ring of waiting transactions is refused.
struct LockTable {
  /// A transaction, or a single write.
  struct Owner: Hashable, Sendable { var number: Int }
  /// A request that waits.
  struct Ticket: Hashable, Sendable { var number: Int }

  typealias Locks = [LockedResource: Set<LockMode>]

  enum Outcome: Hashable {
    case granted
    case waits(Ticket)
    /// A ring of transactions would wait for each other.
    case deadlock
  }

  private struct Request {
    var ticket: Ticket
    var owner: Owner
    var locks: Locks
  }

  private var held: [LockedResource: [Owner: Set<LockMode>]] = [:]
  private var owned: [Owner: Set<LockedResource>] = [:]
  private var waiting: [Request] = []
  private var tickets = 0

  /// Whether nobody has a lock or waits for one.
  var isEmpty: Bool { held.isEmpty && waiting.isEmpty }

  /// Whether a request still waits.
  func isWaiting(_ ticket: Ticket) -> Bool { waiting.contains { $0.ticket == ticket } }

  /// Asks for locks.
  mutating func request(_ locks: Locks, for owner: Owner) -> Outcome {
    tickets += 1
    let request = Request(ticket: Ticket(number: tickets), owner: owner, locks: locks)
    if blockers(of: request, behind: waiting).isEmpty {
      grant(request)
      return .granted
    }
    waiting.append(request)
    if closesRing(owner) {
      waiting.removeLast()
      return .deadlock
    }
    return .waits(request.ticket)
  }

  /// Gives up a request; returns the requests that get their locks now.
  mutating func cancel(_ ticket: Ticket) -> [Ticket] {
    waiting.removeAll { $0.ticket == ticket }
    return advance()
  }

  /// Releases all locks of an owner; returns the requests that get theirs now.
  mutating func release(_ owner: Owner) -> [Ticket] {
    for resource in owned.removeValue(forKey: owner) ?? [] {
      held[resource]?[owner] = nil
      if held[resource]?.isEmpty == true { held[resource] = nil }
    }
    return advance()
  }

  private mutating func advance() -> [Ticket] {
    var granted: [Ticket] = []
    var rest: [Request] = []
    for request in waiting {
      if blockers(of: request, behind: rest).isEmpty {
        grant(request)
        granted.append(request.ticket)
      } else {
        rest.append(request)
      }
    }
    waiting = rest
    return granted
  }

  private mutating func grant(_ request: Request) {
    for (resource, modes) in request.locks {
      held[resource, default: [:]][request.owner, default: []].formUnion(modes)
      owned[request.owner, default: []].insert(resource)
    }
  }

  /// The owners that must release something, or get something first, before the request is granted.
  private func blockers(of request: Request, behind earlier: [Request]) -> Set<Owner> {
    var blockers: Set<Owner> = []
    for (resource, modes) in request.locks {
      let owners = held[resource] ?? [:]
      for (owner, theirs) in owners where owner != request.owner {
        if Self.conflict(modes, theirs) { blockers.insert(owner) }
      }
      // One that has a lock here goes ahead of those that wait, which wait for it anyway.
      if owners[request.owner] != nil { continue }
      for other in earlier where other.owner != request.owner {
        if let theirs = other.locks[resource], Self.conflict(modes, theirs) {
          blockers.insert(other.owner)
        }
      }
    }
    return blockers
  }

  private static func conflict(_ a: Set<LockMode>, _ b: Set<LockMode>) -> Bool {
    a.contains { mine in b.contains { !mine.allows($0) } }
  }

  /// Whether an owner waits, over others, for itself.
  private func closesRing(_ owner: Owner) -> Bool {
    var seen: Set<Owner> = []
    var open = [owner]
    while let next = open.popLast() {
      for (index, request) in waiting.enumerated() where request.owner == next {
        for blocker in blockers(of: request, behind: Array(waiting[..<index])) {
          if blocker == owner { return true }
          if seen.insert(blocker).inserted { open.append(blocker) }
        }
      }
    }
    return false
  }
}

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
  private var waiting: [Ticket: Request] = [:]
  /// Those that wait for a resource, in the order in which they came.
  private var queues: [LockedResource: [Ticket]] = [:]
  private var ticketsOfOwners: [Owner: Set<Ticket>] = [:]
  private var tickets = 0

  /// Whether nobody has a lock or waits for one.
  var isEmpty: Bool { held.isEmpty && waiting.isEmpty }

  /// Whether a request still waits.
  func isWaiting(_ ticket: Ticket) -> Bool { waiting[ticket] != nil }

  /// Asks for locks.
  mutating func request(_ locks: Locks, for owner: Owner) -> Outcome {
    tickets += 1
    let request = Request(ticket: Ticket(number: tickets), owner: owner, locks: locks)
    guard isBlocked(request) else {
      grant(request)
      return .granted
    }
    enqueue(request)
    if closesRing(owner) {
      dequeue(request)
      return .deadlock
    }
    return .waits(request.ticket)
  }

  /// Gives up a request; returns the requests that get their locks now.
  mutating func cancel(_ ticket: Ticket) -> [Ticket] {
    guard let request = waiting[ticket] else { return [] }
    dequeue(request)
    return advance(request.locks.keys)
  }

  /// Gives up all requests; returns them.
  mutating func cancelAll() -> [Ticket] {
    defer { (waiting, queues, ticketsOfOwners) = ([:], [:], [:]) }
    return Array(waiting.keys)
  }

  /// Releases all locks of an owner; returns the requests that get theirs now.
  mutating func release(_ owner: Owner) -> [Ticket] {
    let resources = owned.removeValue(forKey: owner) ?? []
    for resource in resources {
      held[resource]?[owner] = nil
      if held[resource]?.isEmpty == true { held[resource] = nil }
    }
    return advance(resources)
  }

  private mutating func enqueue(_ request: Request) {
    waiting[request.ticket] = request
    ticketsOfOwners[request.owner, default: []].insert(request.ticket)
    for resource in request.locks.keys { queues[resource, default: []].append(request.ticket) }
  }

  private mutating func dequeue(_ request: Request) {
    waiting[request.ticket] = nil
    ticketsOfOwners[request.owner]?.remove(request.ticket)
    if ticketsOfOwners[request.owner]?.isEmpty == true { ticketsOfOwners[request.owner] = nil }
    for resource in request.locks.keys {
      queues[resource]?.removeAll { $0 == request.ticket }
      if queues[resource]?.isEmpty == true { queues[resource] = nil }
    }
  }

  /// Grants what can be granted, now that resources have fewer owners or a shorter queue.
  private mutating func advance(_ resources: some Sequence<LockedResource>) -> [Ticket] {
    let candidates = Set(resources.flatMap { queues[$0] ?? [] }).sorted { $0.number < $1.number }
    return candidates.filter { ticket in
      guard let request = waiting[ticket], !isBlocked(request) else { return false }
      dequeue(request)
      grant(request)
      return true
    }
  }

  private mutating func grant(_ request: Request) {
    for (resource, modes) in request.locks {
      held[resource, default: [:]][request.owner, default: []].formUnion(modes)
      owned[request.owner, default: []].insert(resource)
    }
  }

  /// Whether others must release something, or get something first, before a request is granted.
  private func isBlocked(_ request: Request) -> Bool {
    request.locks.contains { resource, modes in
      let owners = held[resource] ?? [:]
      if owners.contains(where: { $0 != request.owner && Self.conflict(modes, $1) }) { return true }
      // One that has a lock here goes ahead of those that wait, which wait for it anyway.
      if owners[request.owner] != nil { return false }
      for ticket in queues[resource] ?? [] {
        if ticket.number >= request.ticket.number { break }
        if blocks(ticket, modes, of: request.owner, resource) != nil { return true }
      }
      return false
    }
  }

  /// The owner of a waiting request, if a later one must wait for it.
  private func blocks(
    _ earlier: Ticket, _ modes: Set<LockMode>, of owner: Owner, _ resource: LockedResource
  ) -> Owner? {
    guard let other = waiting[earlier], other.owner != owner, let theirs = other.locks[resource],
      Self.conflict(modes, theirs)
    else { return nil }
    return other.owner
  }

  private static func conflict(_ a: Set<LockMode>, _ b: Set<LockMode>) -> Bool {
    a.contains { mine in b.contains { !mine.allows($0) } }
  }

  // MARK: Rings

  /// Whether an owner waits, over others, for itself.
  private func closesRing(_ owner: Owner) -> Bool {
    // Nobody waits for one that has nothing, or nothing that others want.
    let isWaitedFor = owned[owner]?.contains { queues[$0] != nil } ?? false
    if !isWaitedFor, ticketsOfOwners[owner]?.count == 1 { return false }
    var search = RingSearch(root: owner)
    while let next = search.next() {
      for ticket in ticketsOfOwners[next] ?? [] {
        guard let request = waiting[ticket] else { continue }
        for (resource, modes) in request.locks {
          follow(ticket, of: next, to: resource, modes, &search)
        }
      }
    }
    return search.isRing
  }

  /// Adds the owners for which a request waits at a resource.
  private func follow(
    _ ticket: Ticket, of owner: Owner, to resource: LockedResource, _ modes: Set<LockMode>,
    _ search: inout RingSearch
  ) {
    let owners = held[resource] ?? [:]
    let queue = queues[resource] ?? []
    // Many may wait for one resource. What one of them has followed, the others need not.
    var position = owner == search.root ? nil : search.followed[resource]?[modes]
    if position == nil {
      for (other, theirs) in owners where other != owner && Self.conflict(modes, theirs) {
        search.add(other)
      }
    }
    if owners[owner] != nil { return }
    while queue.indices.contains(position ?? 0), queue[position ?? 0].number < ticket.number {
      let earlier = queue[position ?? 0]
      if let other = blocks(earlier, modes, of: owner, resource) { search.add(other) }
      position = (position ?? 0) + 1
    }
    if owner != search.root { search.followed[resource, default: [:]][modes] = position ?? 0 }
  }

  /// A search through the owners that wait for each other.
  private struct RingSearch {
    let root: Owner
    /// How far the queue of a resource was followed, for requests of the same modes. It is not
    /// noted for the root, which does not wait for itself, but for which others do.
    var followed: [LockedResource: [Set<LockMode>: Int]] = [:]
    private(set) var isRing = false
    private var seen: Set<Owner> = []
    private var open: [Owner]

    init(root: Owner) {
      self.root = root
      open = [root]
    }

    mutating func next() -> Owner? { isRing ? nil : open.popLast() }

    mutating func add(_ owner: Owner) {
      if owner == root { isRing = true }
      if seen.insert(owner).inserted { open.append(owner) }
    }
  }
}

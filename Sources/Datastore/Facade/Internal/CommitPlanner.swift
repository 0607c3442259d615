/// Decides which mutations may travel in the next commit: pure, without lock, clock or I/O.
///
/// Two rules hold for every commit, whatever the caller does:
/// - **One mutation a key.** A mutation is let through only when none of its key is on its way; the
///   others of that key wait behind it, in order. Mutations of other keys are not held up.
/// - **At most `maxBytes`.** Mutations let through are put into numbered lanes, and a commit takes
///   from one lane alone. What lies in a lane and has not left never exceeds `maxBytes`, so neither
///   does a commit.
///
/// The number of mutations in a commit is the batcher's business: a lane may hold any number.
///
/// A mutation's life: *held* → *ready* → *sent* → gone. A ready one may be given up (its future was
/// cancelled, or its batch never ran); a sent one ends with its commit, whatever became of its
/// future, because the next of its key must not overtake it.
struct CommitPlanner<Payload: Sendable>: Sendable {
  /// A mutation as the planner sees it; a class, for it is passed on many times.
  final class Ticket: Sendable {
    /// Tells mutations apart; never used twice.
    let id: Int
    /// What must not be changed twice at a time; `nil` for a key that the backend has yet to choose.
    let key: Key?
    /// What it adds to a commit.
    let bytes: Int
    /// What the owner needs to send it.
    let payload: Payload

    init(id: Int, key: Key?, bytes: Int, payload: Payload) {
      self.id = id
      self.key = key
      self.bytes = bytes
      self.payload = payload
    }
  }

  /// A mutation that may join a commit, and the lane it goes to.
  struct Ready: Sendable {
    let ticket: Ticket
    let lane: Int
  }

  private let maxBytes: Int
  /// The ID of the mutation of each key that is on its way.
  private var current: [Key: Int] = [:]
  /// Those behind it, in order; keys with nothing waiting are not in here.
  private var waiting: [Key: FIFO<Ticket>] = [:]
  /// The ready ones with their lanes, until they are sent or given up.
  private var ready: [Int: Int] = [:]
  private var lane = 0
  /// Bytes that lie ready in `lane`.
  private var laneBytes = 0
  private var heldCount = 0

  /// - Parameter maxBytes: The most a commit may hold; a single larger mutation travels alone.
  init(maxBytes: Int) { self.maxBytes = maxBytes }

  /// Mutations that wait behind another of their key.
  var held: Int { heldCount }
  /// Whether nothing is held, ready or sent.
  var isEmpty: Bool { current.isEmpty && ready.isEmpty }

  /// What to do with a new mutation.
  enum OnSubmit {
    /// Let it join the next commit of this lane.
    case load(Ticket, lane: Int)
    /// Keep it; it comes back from ``finish(_:)`` or ``abandon(_:)``.
    case hold(Ticket)
  }

  /// A mutation has been asked for.
  ///
  /// - Parameters:
  ///   - id: Tells it from all others.
  ///   - key: What it changes; `nil` for a key that the backend has yet to choose.
  ///   - makeTicket: Makes its ticket, knowing whether it will be held.
  mutating func submit(
    _ id: Int, _ key: Key?, makeTicket: (_ isHeld: Bool) -> Ticket
  ) -> OnSubmit {
    // One look at the table, which takes the key if it is free: every put comes through here.
    if let key, Self.claim(&current[key, default: id]) != id {
      let ticket = makeTicket(true)
      waiting[key, default: FIFO()].append(ticket)
      heldCount += 1
      return .hold(ticket)
    }
    let ticket = makeTicket(false)
    return .load(ticket, lane: makeReady(ticket))
  }

  /// Writes the default of a place in a table, and reads what is there. Static, for a method would
  /// hold a copy of the planner meanwhile, and so copy the table.
  private static func claim(_ holder: inout Int) -> Int { holder }

  /// A commit is about to be sent: which of its mutations go.
  ///
  /// Those that were given up since the commit was put together stay out of it.
  mutating func dispatch(_ tickets: [Ticket]) -> [Ticket] {
    tickets.filter { leaveLane($0) }
  }

  /// A commit has come to its end, well or badly: which mutations its keys were holding up.
  mutating func finish(_ tickets: [Ticket]) -> [Ready] { tickets.compactMap { next(after: $0) } }

  /// The future of a mutation is done: if it was never sent, what it was holding up goes on.
  mutating func abandon(_ ticket: Ticket) -> Ready? {
    leaveLane(ticket) ? next(after: ticket) : nil
  }

  private mutating func makeReady(_ ticket: Ticket) -> Int {
    if laneBytes > 0, laneBytes + ticket.bytes > maxBytes {
      lane += 1
      laneBytes = 0
    }
    laneBytes += ticket.bytes
    ready[ticket.id] = lane
    return lane
  }

  /// Takes a mutation out of those that are ready; `false` if it was none of them.
  private mutating func leaveLane(_ ticket: Ticket) -> Bool {
    guard let home = ready.removeValue(forKey: ticket.id) else { return false }
    if home == lane { laneBytes -= ticket.bytes }
    return true
  }

  private mutating func next(after ticket: Ticket) -> Ready? {
    guard let key = ticket.key, let holder = current.removeValue(forKey: key) else { return nil }
    guard holder == ticket.id else {
      current[key] = holder
      return nil
    }
    if waiting.isEmpty { return nil }
    guard let next = waiting[key]?.popFirst() else { return nil }
    if waiting[key]?.isEmpty == true { waiting[key] = nil }
    heldCount -= 1
    current[key] = next.id
    return Ready(ticket: next, lane: makeReady(next))
  }
}

extension CommitPlanner.Ticket: Hashable {
  static func == (a: CommitPlanner.Ticket, b: CommitPlanner.Ticket) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

// SPDX-License-Identifier: Apache-2.0
/// Decides who may hold one of a bounded number of permits, first come, first served. This is pure.
///
/// A permit that is released passes to the waiter that has waited longest. A wait ends with a
/// permit, with the waiter's cancellation, or with closing. It also ends if nothing has happened
/// for long: the holders of the permits may themselves wait for the waiters.
struct WaitQueue<Waiter> {
  /// How long nothing may happen while somebody waits: as long as Google's service lets a
  /// transaction be idle.
  static var stallTimeout: Duration { .seconds(60) }

  private let limit: Int
  private var held = 0
  private var waiting: [(ticket: Int, waiter: Waiter)] = []
  private var lastTicket = 0
  /// The tickets that do not wait yet, and those of them that were cancelled meanwhile.
  private var arriving: Set<Int> = []
  private var cancelled: Set<Int> = []
  private var lastChange: ContinuousClock.Instant
  private var isWatched = false
  private var isClosed = false

  init(limit: Int, now: ContinuousClock.Instant) {
    self.limit = max(1, limit)
    lastChange = now
  }

  var waitingCount: Int { waiting.count }
  var heldCount: Int { held }

  /// What to do after asking for a permit.
  enum OnRequest: Equatable {
    case go
    case closed
    case wait(ticket: Int)
  }

  mutating func request(now: ContinuousClock.Instant) -> OnRequest {
    if isClosed { return .closed }
    if held < limit {
      held += 1
      lastChange = now
      return .go
    }
    lastTicket += 1
    arriving.insert(lastTicket)
    return .wait(ticket: lastTicket)
  }

  /// Takes a permit if one is free.
  mutating func takeIfFree(now: ContinuousClock.Instant) -> Bool {
    guard !isClosed, held < limit else { return false }
    held += 1
    lastChange = now
    return true
  }

  /// What to do with a waiter.
  enum OnWait: Equatable {
    /// - Parameter beginsWatch: Whether to check for a stall from now on, first after
    ///   `stallTimeout`.
    case wait(beginsWatch: Bool)
    case go
    case closed
    case cancelled
  }

  mutating func wait(ticket: Int, _ waiter: Waiter, now: ContinuousClock.Instant) -> OnWait {
    arriving.remove(ticket)
    if cancelled.remove(ticket) != nil { return .cancelled }
    if isClosed { return .closed }
    if held < limit {
      // A permit was released since the request.
      held += 1
      lastChange = now
      return .go
    }
    waiting.append((ticket, waiter))
    if isWatched { return .wait(beginsWatch: false) }
    isWatched = true
    // What happened before anybody waited does not count.
    lastChange = now
    return .wait(beginsWatch: true)
  }

  /// Returns the waiter that was cancelled, if it waits already.
  mutating func cancel(ticket: Int) -> Waiter? {
    if arriving.contains(ticket) { cancelled.insert(ticket) }
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
    return waiting.remove(at: index).waiter
  }

  /// Releases a permit; returns the waiter that has it now.
  mutating func release(now: ContinuousClock.Instant) -> Waiter? {
    lastChange = now
    if waiting.isEmpty {
      held -= 1
      return nil
    }
    return waiting.removeFirst().waiter
  }

  /// Refuses further requests; returns all waiters, whose wait has ended.
  mutating func close() -> [Waiter] {
    isClosed = true
    defer { waiting = [] }
    return waiting.map(\.waiter)
  }

  /// What to do after checking for a stall.
  enum OnCheck {
    /// Nobody waits, and no further check is needed.
    case idle
    case checkAgain(after: Duration)
    /// Nothing has happened for long. These waiters must fail, and no further check is needed.
    case fail([Waiter])
  }

  /// - Parameter lastUse: When a holder of a permit last did something, other than taking or
  ///   releasing it.
  mutating func checkForStall(
    now: ContinuousClock.Instant, lastUse: ContinuousClock.Instant?
  ) -> OnCheck {
    if waiting.isEmpty {
      isWatched = false
      return .idle
    }
    let left = Self.stallTimeout - (now - max(lastChange, lastUse ?? lastChange))
    if left > .zero { return .checkAgain(after: left) }
    isWatched = false
    defer { waiting = [] }
    return .fail(waiting.map(\.waiter))
  }
}

/// Whose turn it is to have one of a bounded number of connections, first come, first served: pure.
///
/// A turn that ends passes on to whoever waits longest. Waiting ends with a turn, with the waiter's
/// cancellation, or with closing; or where nothing has happened for long, for those who have the
/// turns may be waiting for those who wait for one.
struct TurnLine<Waiter> {
  /// How long nothing may happen while somebody waits: as long as a transaction of Google's service may
  /// be left alone.
  static var patience: Duration { .seconds(60) }

  private let maximum: Int
  private var taken = 0
  private var waiting: [(number: Int, waiter: Waiter)] = []
  private var lastNumber = 0
  /// Those that have a number and do not wait yet, and those of them that were cancelled meanwhile.
  private var arriving: Set<Int> = []
  private var cancelled: Set<Int> = []
  private var lastChange: ContinuousClock.Instant
  private var isWatched = false
  private var isClosed = false

  init(maximum: Int, now: ContinuousClock.Instant) {
    self.maximum = max(1, maximum)
    lastChange = now
  }

  var waitingCount: Int { waiting.count }
  var takenCount: Int { taken }

  /// What to do at arrival.
  enum OnArrive: Equatable {
    case go
    case closed
    case wait(number: Int)
  }

  mutating func arrive(now: ContinuousClock.Instant) -> OnArrive {
    if isClosed { return .closed }
    if taken < maximum {
      taken += 1
      lastChange = now
      return .go
    }
    lastNumber += 1
    arriving.insert(lastNumber)
    return .wait(number: lastNumber)
  }

  /// What to do with one that has come to wait.
  enum OnWait: Equatable {
    /// - Parameter beginsWatch: Whether to look from now on, the first time when patience is over.
    case wait(beginsWatch: Bool)
    case go
    case closed
    case cancelled
  }

  mutating func wait(number: Int, _ waiter: Waiter, now: ContinuousClock.Instant) -> OnWait {
    arriving.remove(number)
    if cancelled.remove(number) != nil { return .cancelled }
    if isClosed { return .closed }
    if taken < maximum {
      // A turn has ended since it arrived.
      taken += 1
      lastChange = now
      return .go
    }
    waiting.append((number, waiter))
    if isWatched { return .wait(beginsWatch: false) }
    isWatched = true
    // What was before there was anybody to wait is no matter.
    lastChange = now
    return .wait(beginsWatch: true)
  }

  /// The one to tell that it was cancelled, if it waits.
  mutating func cancel(number: Int) -> Waiter? {
    if arriving.contains(number) { cancelled.insert(number) }
    guard let place = waiting.firstIndex(where: { $0.number == number }) else { return nil }
    return waiting.remove(at: place).waiter
  }

  /// A turn has ended; the one whose turn it is now.
  mutating func leave(now: ContinuousClock.Instant) -> Waiter? {
    lastChange = now
    if waiting.isEmpty {
      taken -= 1
      return nil
    }
    return waiting.removeFirst().waiter
  }

  /// Nobody waits from now on; those to tell that do.
  mutating func close() -> [Waiter] {
    isClosed = true
    defer { waiting = [] }
    return waiting.map(\.waiter)
  }

  /// What to do after a look at the line.
  enum OnLook {
    /// Nobody waits; watching ends.
    case rest
    case lookAgain(after: Duration)
    /// These wait in vain; watching ends.
    case refuse([Waiter])
  }

  /// - Parameter lastUse: When one who has a turn did something last, beside taking and ending it.
  mutating func look(
    now: ContinuousClock.Instant, lastUse: ContinuousClock.Instant?
  ) -> OnLook {
    if waiting.isEmpty {
      isWatched = false
      return .rest
    }
    let left = Self.patience - (now - max(lastChange, lastUse ?? lastChange))
    if left > .zero { return .lookAgain(after: left) }
    isWatched = false
    defer { waiting = [] }
    return .refuse(waiting.map(\.waiter))
  }
}

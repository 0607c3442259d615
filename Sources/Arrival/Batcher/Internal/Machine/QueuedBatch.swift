// SPDX-License-Identifier: Apache-2.0
/// What the machine knows of a batch that was not sent yet. Pure.
struct QueuedBatch: Sendable {
  enum Phase {
    /// It takes keys.
    case open
    /// It should leave and waits for its turn. It takes keys meanwhile.
    case due
    /// It waits for its turn and takes no more keys.
    case full
  }

  let batch: BatchCore
  private(set) var phase = Phase.open
  /// Why it should leave; `nil` while it is open.
  private(set) var reason: BatchReason?
  private(set) var fill = FillTracker()
  /// The weight of its keys, if they are weighed.
  private(set) var weight = 0
  /// The highest priority of the jobs that loaded; zero if none is known.
  private(set) var priority: UInt8 = 0
  /// The resources that its elements have.
  private(set) var claims: [Claim] = []
  /// How many of its futures are done already.
  private(set) var endedEarly = 0
  /// The origins of its keys, as a set of places in an ``OriginTable``.
  private(set) var origins: UInt64 = 0
  /// The origin that told it to leave; unknown if none did.
  private(set) var toldBy = OriginID.unknown
  /// Sends it after `maxDelay`.
  private(set) var timer: BatchTimer?
  /// Does the same on the system's clock, if the first timer is on a manual clock.
  private(set) var secondTimer: BatchTimer?
  /// When it was opened, in the time of the executor. If it leaves before its timer is set, it did
  /// not wait, and this is the end of time.
  private(set) var opened: Nanoseconds = .max

  init(_ batch: BatchCore) { self.batch = batch }

  var loads: Int { batch.futures.count }

  /// How many places of the queue its loads have.
  var places: Int { loads - endedEarly }

  /// Returns whether no earlier key has the origin.
  mutating func joined(
    from origin: UInt64, by loader: Loader?, priority: UInt8, outsideTask: @autoclosure () -> Int?
  ) -> Bool {
    fill.joined(
      isWatched: origin != 0, by: loader, count: loads, outsideTask: outsideTask())
    if priority > self.priority { self.priority = priority }
    if origin & ~origins == 0, origin != 0 { return false }
    origins |= origin
    return true
  }

  mutating func joined(_ request: LoadRequest, weight: Int) {
    self.weight += weight
    if request.deadline != nil { batch.addLimited(request) }
  }

  mutating func took(_ claim: Claim) { claims.append(claim) }

  /// Puts a future in the place of another one.
  func replace(_ future: FutureCore, with other: FutureCore) {
    batch.replace(future, with: other)
    claims.replace(future, with: other)
  }

  mutating func futureEnded() { endedEarly += 1 }

  mutating func timerWasSet(_ timer: BatchTimer, at now: Nanoseconds) {
    if let first = self.timer, first.executor !== timer.executor {
      secondTimer = timer
      return
    }
    self.timer = timer
    opened = min(opened, now)
  }

  /// The timer is due; see ``FillTracker/timerIsDue(_:period:loads:isRunning:)``.
  mutating func timerIsDue(
    _ progress: FillTracker.Progress, period: Nanoseconds, isRunning: (Loader) -> Bool
  ) -> FillTracker.OnTimer {
    fill.timerIsDue(progress, period: period, loads: loads, isRunning: isRunning)
  }

  /// The first reason counts.
  mutating func shouldLeave(for reason: BatchReason, toldBy origin: OriginID) {
    if self.reason != nil { return }
    self.reason = reason
    toldBy = origin
  }

  mutating func isDue() { phase = .due }

  mutating func isFull() { phase = .full }
}

/// A timer of a batch, and the executor that has it.
struct BatchTimer: Sendable {
  let timer: Timer
  let executor: TaskletExecutor

  func cancel() { executor.cancel(timer) }
}

/// The batches that were not sent yet: in each lane at most one that takes keys, and the full ones.
struct QueuedBatches: Sendable {
  /// Takes the keys without a lane, the common case.
  private var plain: QueuedBatch?
  /// The batch of `plain`. Each load asks for it, and to read it there copies all of `plain`.
  private var plainBatch: BatchCore?
  private var lanes: [Lane: QueuedBatch] = [:]
  /// By their numbers.
  private var full: [Int: QueuedBatch] = [:]

  /// The batch that takes the keys of a lane.
  func open(in lane: Lane?) -> BatchCore? {
    if let lane { lanes[lane]?.batch } else { plainBatch }
  }

  /// The batches that take keys, in the order of opening.
  var open: [BatchCore] {
    let plain = plainBatch.map { [$0] } ?? []
    if lanes.isEmpty { return plain }
    return (plain + lanes.values.map(\.batch)).sorted { $0.number < $1.number }
  }

  var numbers: [Int] { open.map(\.number) + full.keys }

  var all: [QueuedBatch] { (plain.map { [$0] } ?? []) + Array(lanes.values) + Array(full.values) }

  /// `nil` if the batch was sent.
  func batch(numbered number: Int) -> BatchCore? {
    full[number]?.batch ?? open.first { $0.number == number }
  }

  /// `nil` if the batch was sent.
  subscript(batch: BatchCore) -> QueuedBatch? {
    if open(in: batch.lane) !== batch { return full[batch.number] }
    return if let lane = batch.lane { lanes[lane] } else { plain }
  }

  /// Adds a batch as the one that takes the keys of its lane.
  mutating func add(_ batch: BatchCore) { setOpen(QueuedBatch(batch), in: batch.lane) }

  /// A load has joined an open batch. Returns whether no earlier key has its origin.
  mutating func joined(
    _ batch: BatchCore, from origin: UInt64, by loader: Loader?, priority: UInt8,
    outsideTask: @autoclosure () -> Int?
  ) -> Bool {
    // The common case, without a closure, which would copy the loader. Both are set together.
    if plainBatch === batch {
      return plain!.joined(
        from: origin, by: loader, priority: priority, outsideTask: outsideTask())
    }
    return update(batch) { queued in
      queued.joined(from: origin, by: loader, priority: priority, outsideTask: outsideTask())
    } ?? false
  }

  /// The weight of an open batch.
  mutating func weight(of batch: BatchCore) -> Int {
    if plainBatch === batch { return plain!.weight }
    return update(batch) { $0.weight } ?? 0
  }

  /// Returns `nil` if the batch was sent.
  @discardableResult
  mutating func update<Result>(
    _ batch: BatchCore, _ body: (inout QueuedBatch) -> Result
  ) -> Result? {
    if plainBatch === batch { return plain.update(body) }
    if let lane = batch.lane, lanes[lane]?.batch === batch { return lanes[lane].update(body) }
    return full[batch.number].update(body)
  }

  /// The batch takes no more keys; its lane's next key opens another.
  mutating func close(_ batch: BatchCore) {
    guard var queued = remove(batch) else { return }
    queued.isFull()
    full[batch.number] = queued
  }

  /// `nil` if the batch was sent.
  mutating func remove(_ batch: BatchCore) -> QueuedBatch? {
    if open(in: batch.lane) !== batch { return full.removeValue(forKey: batch.number) }
    defer { setOpen(nil, in: batch.lane) }
    return self[batch]
  }

  private mutating func setOpen(_ batch: QueuedBatch?, in lane: Lane?) {
    if let lane {
      lanes[lane] = batch
    } else {
      plain = batch
      plainBatch = batch?.batch
    }
  }
}

extension [Claim] {
  /// Puts a future in the place of another one.
  func replace(_ future: FutureCore, with other: FutureCore) {
    first { $0.future === future }?.future = other
  }
}

extension Optional {
  /// Changes what is there, in its place.
  mutating func update<Result>(_ body: (inout Wrapped) -> Result) -> Result? {
    // Not `self == nil`, which copies what is there.
    switch self {
    case .none: nil
    case .some: body(&self!)
    }
  }
}

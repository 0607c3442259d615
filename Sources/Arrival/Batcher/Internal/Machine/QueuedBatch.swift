// SPDX-License-Identifier: Apache-2.0
/// What the machine knows of a batch that was not sent yet. Pure.
///
/// An object, because the machine looks at it 28 times before the batch leaves, and a
/// structure of this size would be copied each time.
///
/// `@unchecked Sendable`: it belongs to the machine, which is under the batcher's lock. So
/// exclusivity is not checked a second time.
final class QueuedBatch: @unchecked Sendable {
  enum Phase {
    /// It takes keys.
    case open
    /// It should leave and waits for its turn. It takes keys meanwhile.
    case due
    /// It waits for its turn and takes no more keys.
    case full
  }

  let batch: BatchCore
  @exclusivity(unchecked) private(set) var phase = Phase.open
  /// Why it should leave; `nil` while it is open.
  @exclusivity(unchecked) private(set) var reason: BatchReason?
  @exclusivity(unchecked) private(set) var fill = FillTracker()
  /// The weight of its keys, if they are weighed.
  @exclusivity(unchecked) private(set) var weight = 0
  /// The highest priority of the jobs that loaded; zero if none is known.
  @exclusivity(unchecked) private(set) var priority: UInt8 = 0
  /// The resources that its elements have.
  @exclusivity(unchecked) private(set) var claims: [Claim] = []
  /// How many of its futures are done already.
  @exclusivity(unchecked) private(set) var endedEarly = 0
  /// The origins of its keys, as a set of places in an ``OriginTable``.
  @exclusivity(unchecked) private(set) var origins: UInt64 = 0
  /// The origin that told it to leave; unknown if none did.
  @exclusivity(unchecked) private(set) var toldBy = OriginID.unknown
  /// Sends it after `maxDelay`.
  @exclusivity(unchecked) private(set) var timer: BatchTimer?
  /// Does the same on the system's clock, if the first timer is on a manual clock.
  @exclusivity(unchecked) private(set) var secondTimer: BatchTimer?
  /// When it was opened, in the time of the executor. If it leaves before its timer is set, it did
  /// not wait, and this is the end of time.
  @exclusivity(unchecked) private(set) var opened: Nanoseconds = .max

  init(_ batch: BatchCore) { self.batch = batch }

  var loads: Int { batch.futures.count }

  /// How many places of the queue its loads have.
  var places: Int { loads - endedEarly }

  /// Returns whether no earlier key has the origin.
  func joined(
    from origin: UInt64, by loader: Loader?, priority: UInt8, outsideTask: @autoclosure () -> Int?
  ) -> Bool {
    fill.joined(
      isWatched: origin != 0, by: loader, count: loads, outsideTask: outsideTask())
    if priority > self.priority { self.priority = priority }
    if origin & ~origins == 0, origin != 0 { return false }
    origins |= origin
    return true
  }

  func joined(_ request: LoadRequest, weight: Int) {
    self.weight += weight
    if request.deadline != nil { batch.addLimited(request) }
  }

  func took(_ claim: Claim) { claims.append(claim) }

  /// Puts a future in the place of another one.
  func replace(_ future: FutureCore, with other: FutureCore) {
    batch.replace(future, with: other)
    claims.replace(future, with: other)
  }

  func futureEnded() { endedEarly += 1 }

  func timerWasSet(_ timer: BatchTimer, at now: Nanoseconds) {
    if let first = self.timer, first.executor !== timer.executor {
      secondTimer = timer
      return
    }
    self.timer = timer
    opened = min(opened, now)
  }

  /// The timer is due; see ``FillTracker/timerIsDue(_:period:loads:isRunning:)``.
  func timerIsDue(
    _ progress: FillTracker.Progress, period: Nanoseconds, isRunning: (Loader) -> Bool
  ) -> FillTracker.OnTimer {
    fill.timerIsDue(progress, period: period, loads: loads, isRunning: isRunning)
  }

  /// The first reason counts.
  func shouldLeave(for reason: BatchReason, toldBy origin: OriginID) {
    if self.reason != nil { return }
    self.reason = reason
    toldBy = origin
  }

  func isDue() { phase = .due }

  func isFull() { phase = .full }
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
  private var lanes: [Lane: QueuedBatch] = [:]
  /// By their numbers.
  private var full: [Int: QueuedBatch] = [:]

  /// The batch that takes the keys of a lane.
  func open(in lane: Lane?) -> BatchCore? {
    if let lane { lanes[lane]?.batch } else { plain?.batch }
  }

  /// The batches that take keys, in the order of opening.
  var open: [BatchCore] {
    let plain = plain.map { [$0.batch] } ?? []
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
    // The common case.
    if let plain, plain.batch === batch { return plain }
    if let lane = batch.lane, let queued = lanes[lane], queued.batch === batch { return queued }
    return full[batch.number]
  }

  /// Adds a batch as the one that takes the keys of its lane.
  mutating func add(_ batch: BatchCore) { setOpen(QueuedBatch(batch), in: batch.lane) }

  /// A load has joined an open batch. Returns whether no earlier key has its origin.
  func joined(
    _ batch: BatchCore, from origin: UInt64, by loader: Loader?, priority: UInt8,
    outsideTask: @autoclosure () -> Int?
  ) -> Bool {
    self[batch]?.joined(
      from: origin, by: loader, priority: priority, outsideTask: outsideTask()) ?? false
  }

  /// The weight of an open batch.
  func weight(of batch: BatchCore) -> Int {
    self[batch]?.weight ?? 0
  }

  /// The batch takes no more keys; its lane's next key opens another.
  mutating func close(_ batch: BatchCore) {
    guard let queued = remove(batch) else { return }
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
    if let lane { lanes[lane] = batch } else { plain = batch }
  }
}

extension [Claim] {
  /// Puts a future in the place of another one.
  func replace(_ future: FutureCore, with other: FutureCore) {
    first { $0.future === future }?.future = other
  }
}

/// Which batch a key joins, and when each batch leaves.
///
/// Pure: no clock, no lock, no executor, no call of the operation. A batch is
/// *open* (takes keys) → *sent* (under way) → *ended* (its futures are being told). If there is no turn for it, it may be *due* in
/// between, still open and growing, or *full*, closed; both wait for their turn.
///
/// What stands by itself is a machine of its own: ``Turns``, ``Room`` and ``FlushBook``.
struct BatcherMachine: Sendable {
  let configuration: BatcherConfiguration
  var counts = BatcherStatistics()

  /// The open batch of keys without a lane, the common case.
  private var plain: BatchCore?
  private var lanes: [Lane: BatchCore] = [:]
  private var turns: Turns<BatchCore>
  private var room: Room
  private var flushes = FlushBook()
  /// By their numbers: the batches under way, and those that wait for their turn.
  private var underWay: [Int: BatchCore] = [:]
  private var waiting: [Int: BatchCore] = [:]
  /// The numbers of loads that wait behind another that touches the same thing.
  private var held: Set<Int> = []
  private var nextNumber = 1
  private var nextHeldNumber = -1
  /// How many keys the last batch had: a guess at how many the next will have.
  private var lastSize = 0
  /// Somebody will call `quiescent()`.
  private var awaitsQuiescence = false
  /// Those for whom there is room now, to be told outside of the lock.
  var admitted: [Room.Guest] = []

  init(configuration: BatcherConfiguration) {
    self.configuration = configuration
    turns = Turns(
      limit: configuration.maxConcurrentBatches,
      limitPerLane: configuration.maxConcurrentBatchesPerLane)
    room = Room(limit: configuration.maxQueued)
  }

  // MARK: Loading

  /// What a load brings besides its key, if it brings anything.
  struct Terms {
    /// When it has to be done, in the time of the executor.
    var deadline: Nanoseconds?
    /// Room is kept for it.
    var hasRoom = false
    /// The number it had while it was held; zero if it was not.
    var heldNumber = 0
    /// Decides about it, before it joins a batch. Gets the open batch of its lane, and whether there
    /// is room.
    var admit: (BatchCore?, Bool) -> Admission = { _, hasRoom in hasRoom ? .joins(0) : .refused }
  }

  enum Admission {
    /// It joins a batch, with this weight.
    case joins(Int)
    /// The cache has it.
    case hit
    /// It waits behind another that touches the same thing.
    case held(HeldLoad)
    case refused
  }

  /// What `load` has to do once the lock is free.
  struct OnLoad {
    var outcome = Outcome.joined
    /// A batch that was opened by this load: it needs a timer of `maxDelay`.
    var opened: BatchCore?
    /// Call `quiescent()` at the next quiescence.
    var watchQuiescence = false
    /// A batch that had no room for the key's weight, and whose turn it is.
    var sendFirst: BatchCore?
    /// A batch that is full and whose turn it is.
    var send: BatchCore?

    var batches: [BatchCore] { [sendFirst, send].compactMap { $0 } }
  }

  enum Outcome: Error {
    case joined, hit, held, refused
  }

  /// A key joins the open batch of its lane, or opens one.
  ///
  /// - Parameters:
  ///   - loader: who loads; `nil` for code that runs on no executor.
  ///   - priority: of who loads.
  ///   - parent: the number of the batch whose operation loads, if it is one of this batcher.
  ///   - makeBatch: makes an empty batch with the number it is given, and room for so many keys.
  ///   - join: adds the key to the batch.
  mutating func load(
    lane: Lane?, loader: Loader?, priority: TaskPriority? = nil, terms: Terms? = nil,
    parent: @autoclosure () -> Int? = nil,
    makeBatch: (_ number: Int, _ capacity: Int) -> BatchCore, join: (BatchCore) -> Void
  ) -> OnLoad {
    var effects = OnLoad()
    var weight = 0
    if let terms {
      switch admit(terms, openBatch(of: lane), parent: parent()) {
      case .success(let its): weight = its
      case .failure(let outcome):
        effects.outcome = outcome
        return effects
      }
    } else {
      counts.loads += 1
      if !room.enter() {
        counts.refused += 1
        effects.outcome = .refused
        return effects
      }
    }
    if let limit = configuration.maxBatchWeight, let open = openBatch(of: lane),
      open.weight + weight > limit
    {
      effects.sendFirst = leave(open, for: .full)
    }
    let batch: BatchCore
    if let open = openBatch(of: lane) {
      batch = open
    } else {
      batch = makeBatch(nextNumber, lastSize)
      nextNumber += 1
      setOpen(batch, lane: lane)
      effects.opened = batch
    }
    join(batch)
    batch.weight += weight
    if let terms { note(terms, of: batch) }
    if flushes.isActive, let parent = parent() { flushes.add(batch.number, spawnedBy: parent) }
    if let loader { batch.loader = loader } else { batch.hasKeyFromOutside = true }
    if let priority, batch.priority.map({ $0 < priority }) ?? true { batch.priority = priority }
    if batch.size >= configuration.maxBatchSize
      || batch.weight >= configuration.maxBatchWeight ?? .max
    {
      effects.send = leave(batch, for: .full)
      if effects.send === effects.opened { effects.opened = nil }
    } else if loader != nil, !awaitsQuiescence {
      awaitsQuiescence = true
      effects.watchQuiescence = true
    }
    return effects
  }

  private func openBatch(of lane: Lane?) -> BatchCore? {
    if let lane { lanes[lane] } else { plain }
  }

  private mutating func setOpen(_ batch: BatchCore?, lane: Lane?) {
    if let lane { lanes[lane] = batch } else { plain = batch }
  }

  /// Decides about a load that brings terms: its weight if it joins a batch, or else what happens.
  private mutating func admit(
    _ terms: Terms, _ open: BatchCore?, parent: @autoclosure () -> Int?
  ) -> Result<Int, Outcome> {
    if terms.heldNumber == 0 { counts.loads += 1 }
    let hasRoom = terms.hasRoom || room.enter()
    switch terms.admit(open, hasRoom) {
    case .joins(let weight): return .success(weight)
    case .hit:
      counts.hits += 1
      if hasRoom { admitted += room.leave(1) }
      return .failure(.hit)
    case .held(let load):
      counts.held += 1
      load.number = nextHeldNumber
      nextHeldNumber -= 1
      held.insert(load.number)
      if flushes.isActive, let parent = parent() { flushes.add(load.number, spawnedBy: parent) }
      return .failure(.held)
    case .refused:
      counts.refused += 1
      return .failure(.refused)
    }
  }

  private mutating func note(_ terms: Terms, of batch: BatchCore) {
    if let deadline = terms.deadline {
      batch.limitedLoads += 1
      batch.latestDeadline = max(batch.latestDeadline, deadline)
    }
    if terms.heldNumber != 0, held.remove(terms.heldNumber) != nil {
      flushes.add(batch.number, spawnedBy: terms.heldNumber)
      // The batch takes its place, so this ends no flush.
      _ = flushes.ended(terms.heldNumber)
    }
  }

  /// A load that was held is done before it could join a batch; gives the ends of the flushes that
  /// waited for it last.
  mutating func heldEnded(_ number: Int) -> [Future<Void>] {
    guard held.remove(number) != nil else { return [] }
    counts.endedEarly += 1
    admitted += room.leave(1)
    return flushes.ended(number)
  }

  // MARK: Room

  /// Somebody wants to load when there is room: `true` if there is.
  mutating func enter(_ guest: Room.Guest) -> Bool { room.enter(guest) }

  /// Somebody who waits for room, or has been given some, does not want it any more.
  mutating func giveUp(_ guest: Room.Guest) { admitted += room.giveUp(guest) }

  /// Room that was taken for a load is not needed.
  mutating func leaveRoom() { admitted += room.leave(1) }

  /// The cache of a user had the key.
  mutating func countHit() {
    counts.loads += 1
    counts.hits += 1
  }

  // MARK: Leaving

  /// The executor is quiescent: all that is open leaves, in the order of opening.
  mutating func quiescent() -> [BatchCore] {
    awaitsQuiescence = false
    return openBatches.compactMap { leave($0, for: .quiescence) }
  }

  /// What to do when a batch's timer comes due.
  enum OnTimer {
    case nothing
    case setAgain
    case send(BatchCore)
  }

  /// How many times `maxDelay` a batch waits for a job that fills it but has not for that long: it
  /// may be computing, or the system may have taken its core away.
  private static let maxPatience = 10

  /// `maxDelay` has passed since the batch was opened or this was last called.
  ///
  /// The executor is not quiescent, so some worker is busy. If it is busy filling this batch, the
  /// batch waits for it: it leaves full, or quiescent. If with something else, the batch leaves.
  mutating func timerIsDue(_ batch: BatchCore, isBeingFilled: Bool) -> OnTimer {
    guard batch.phase == .open else { return .nothing }
    if isBeingFilled, !batch.hasKeyFromOutside {
      let size = batch.futures.count
      batch.patience = size > batch.sizeAtTimer ? 0 : batch.patience + 1
      batch.sizeAtTimer = size
      if batch.patience <= Self.maxPatience { return .setAgain }
    }
    return leave(batch, for: .maxDelay).map { .send($0) } ?? .nothing
  }

  /// One batch should leave, if it is still open; gives it back if it is its turn.
  mutating func leave(_ batch: BatchCore, for reason: BatchReason) -> BatchCore? {
    guard batch.phase == .open || batch.phase == .due && reason == .full else { return nil }
    if batch.reason == nil { batch.reason = reason }
    if batch.phase == .open {
      if turns.enter(batch, batch.lane) { return send(batch) }
      waiting[batch.number] = batch
    }
    if reason == .full {
      batch.phase = .full
      setOpen(nil, lane: batch.lane)
    } else {
      batch.phase = .due
    }
    return nil
  }

  private mutating func send(_ batch: BatchCore) -> BatchCore {
    if batch.phase != .full { setOpen(nil, lane: batch.lane) }
    batch.phase = .sent
    batch.loads = batch.futures.count
    underWay[batch.number] = batch
    lastSize = batch.size
    admitted += room.leave(batch.loads - batch.endedEarly)
    return batch
  }

  /// The operation of a batch is about to start: `false` if nobody waits for it any more. By now it
  /// has only the keys and futures that count.
  mutating func starts(_ batch: BatchCore, _ work: Future<Void>, now: Nanoseconds) -> Bool {
    if batch.size == 0 || batch.endedEarly == batch.loads { return false }
    batch.work = work
    batch.sent = now
    counts.batches += 1
    counts.calls += 1
    counts.keysSent += batch.size
    counts.coalesced += batch.futures.count - batch.size
    counts.batchSizes[batch.size, default: 0] += 1
    counts.queueTimes.add(batch.opened > 0 && now > batch.opened ? now - batch.opened : 0)
    if let reason = batch.reason { counts.reasons[reason, default: 0] += 1 }
    return true
  }

  /// A call was repeated, or its parts are called for.
  mutating func callsAgain(isRetry: Bool) {
    counts.calls += 1
    if isRetry { counts.retries += 1 }
  }

  /// One of a batch's futures was done before the operation's end. If it was the last, gives the
  /// operation, which nobody waits for any more.
  ///
  /// - Parameter early: it was cancelled, or failed otherwise; no call brought it.
  mutating func futureEnded(of batch: BatchCore, early: Bool) -> Future<Void>? {
    batch.endedEarly += 1
    if early { counts.endedEarly += 1 }
    if batch.isQueued {
      admitted += room.leave(1)
      return nil
    }
    return early && batch.endedEarly == batch.loads ? batch.work : nil
  }

  /// An operation has ended; gives the batch whose turn it is now. A second report of one end, as
  /// an executor that shuts down may bring about, is ignored.
  mutating func ended(_ batch: BatchCore, now: Nanoseconds) -> BatchCore? {
    guard batch.phase == .sent else { return nil }
    batch.phase = .ended
    if batch.work != nil { counts.callTimes.add(now > batch.sent ? now - batch.sent : 0) }
    guard let next = turns.ended(batch.lane) else { return nil }
    waiting[next.number] = nil
    return send(next)
  }

  /// All futures of a batch are done; gives the ends of the flushes that waited for it last.
  mutating func completed(_ batch: BatchCore) -> [Future<Void>] {
    underWay[batch.number] = nil
    return flushes.ended(batch.number)
  }

  /// The operations one of which has to end before the batch can be sent; `nil` if none has to, or
  /// one of them is only about to start.
  func workInTheWay(of batch: BatchCore) -> [FutureCore]? {
    guard batch.isQueued, turns.isFull || turns.isFull(batch.lane) else { return nil }
    let inTheWay = underWay.values.filter { !turns.isFull(batch.lane) || $0.lane == batch.lane }
    let work = inTheWay.compactMap(\.work)
    return work.count == inTheWay.count ? work : nil
  }

  /// All that is open leaves; gives what to send. `end` is done when all that is queued or under way
  /// has ended, and what it spawns; `false` if there is nothing, apart from the batch `own`.
  mutating func flush(_ end: Future<Void>, own: Int?) -> (send: [BatchCore], isPending: Bool) {
    let send = openBatches.compactMap { leave($0, for: .flush) }
    let members = Array(underWay.keys) + waiting.keys + held
    let others = members.filter { $0 != own }
    flushes.begin(end, others)
    return (send, !others.isEmpty)
  }

  /// In the order of opening.
  private var openBatches: [BatchCore] {
    if lanes.isEmpty { return plain.map { [$0] } ?? [] }
    return ((plain.map { [$0] } ?? []) + lanes.values).sorted { $0.number < $1.number }
  }

  var statistics: BatcherStatistics {
    var result = counts
    result.queued = room.taken
    result.waitingBatches = waiting.count
    result.batchesUnderWay = turns.underWay
    return result
  }
}

/// Which batch a key joins, and when each batch leaves.
///
/// Pure: no clock, no lock, no executor, no call of the operation. A batch is
/// *open* (takes keys) → *sent* (under way) → *ended* (its futures are being told). If there is no turn for it, it may be *due* in
/// between, still open and growing, or *full*, closed; both wait for their turn.
///
/// What stands by itself is a machine of its own: ``Turns``, ``Room`` and ``FlushBook``.
struct BatcherMachine: Sendable {
  /// Limits of one batch.
  let maxBatchSize: Int
  let maxBatchWeight: Int
  var counts = BatcherStatistics()

  /// The open batch of keys without a lane, the common case.
  var plain: BatchCore?
  var lanes: [Lane: BatchCore] = [:]
  var turns: Turns<BatchCore>
  var room: Room
  var flushes = FlushBook()
  /// By their numbers: the batches under way, and those that wait for their turn.
  var underWay: [Int: BatchCore] = [:]
  var waiting: [Int: BatchCore] = [:]
  /// The numbers of loads that wait behind another that touches the same thing.
  var held: Set<Int> = []
  var nextNumber = 1
  var nextHeldNumber = -1
  /// How many keys the last batch had: a guess at how many the next will have.
  var lastSize = 0
  /// Somebody will call `quiescent()`.
  var awaitsQuiescence = false
  /// Those for whom there is room now, to be told outside of the lock.
  var admitted: [Room.Guest] = []

  init(configuration: BatcherConfiguration) {
    maxBatchSize = configuration.maxBatchSize
    maxBatchWeight = configuration.maxBatchWeight ?? .max
    turns = Turns(
      limit: configuration.maxConcurrentBatches,
      limitPerLane: configuration.maxConcurrentBatchesPerLane)
    room = Room(limit: configuration.maxQueued)
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
  /// How many keys a task outside of the executors has to add in `maxDelay` to be taken for one that goes on.
  private static let burst = 32

  /// `maxDelay` has passed since the batch was opened or this was last called.
  ///
  /// The executor is not quiescent, so some worker is busy. If it is busy filling this batch, the
  /// batch waits for it: it leaves full, or quiescent. If with something else, the batch leaves.
  ///
  /// Of tasks outside of the executors no more is known than that one alone adds many keys in a row. It waits
  /// for none of them meanwhile, so the batch goes on for as long as that, but ten times at most.
  mutating func timerIsDue(_ batch: BatchCore, isBeingFilled: Bool) -> OnTimer {
    guard batch.phase == .open else { return .nothing }
    let size = batch.futures.count
    if batch.outsider != nil, batch.loader == nil {
      if size - batch.sizeAtTimer >= Self.burst, batch.patience < Self.maxPatience {
        batch.patience += 1
        batch.sizeAtTimer = size
        return .setAgain
      }
    } else if isBeingFilled, !batch.hasKeyFromOutside {
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
    counts.queueTimes.add(now > batch.opened ? now - batch.opened : 0)
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

  /// An operation has ended; gives the batch whose turn it is now. A second report of one end is
  /// ignored.
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

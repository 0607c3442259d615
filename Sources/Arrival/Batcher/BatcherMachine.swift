/// Which batch a key joins, and when each batch leaves.
///
/// Pure: no clock, no lock, no executor, no call of the operation. A batch is
/// *open* (takes keys) → *sent* (under way) → *ended*. With `maxConcurrentBatches` reached it may
/// be *due* in between, still open and growing, or *full*, closed; both queue for their turn.
struct BatcherMachine: Sendable {
  let configuration: BatcherConfiguration
  private(set) var statistics = BatcherStatistics()

  /// The open batch of keys without a lane, the common case.
  private var plain: BatchCore?
  private var lanes: [Lane: BatchCore] = [:]
  /// Batches that should leave and wait for their turn, in order.
  private var queue = RingBuffer<BatchCore>()
  private var underWay: [ObjectIdentifier: BatchCore] = [:]
  private var nextNumber = 1
  /// How many keys the last batch had: a guess at how many the next will have.
  private var lastSize = 0
  /// Somebody will call `quiescent()`.
  private var awaitsQuiescence = false

  init(configuration: BatcherConfiguration) { self.configuration = configuration }

  /// What `load` has to do once the lock is free.
  struct OnLoad {
    /// A batch that was opened by this load: it needs a timer of `maxDelay`.
    var opened: BatchCore?
    /// Call `quiescent()` at the next quiescence.
    var watchQuiescence = false
    /// A batch that is full and whose turn it is.
    var send: BatchCore?
  }

  /// A key joins the open batch of its lane, or opens one.
  ///
  /// - Parameters:
  ///   - loader: who loads; `nil` for code that runs on no executor.
  ///   - makeBatch: makes an empty batch with the number it is given, and room for so many keys.
  ///   - join: adds the key to the batch.
  mutating func load(
    lane: Lane?, loader: Loader?, makeBatch: (_ number: Int, _ capacity: Int) -> BatchCore,
    join: (BatchCore) -> Void
  ) -> OnLoad {
    var effects = OnLoad()
    let batch: BatchCore
    if let open = lane.map({ lanes[$0] }) ?? plain {
      batch = open
    } else {
      batch = makeBatch(nextNumber, lastSize)
      nextNumber += 1
      setOpen(batch, lane: lane)
      effects.opened = batch
    }
    join(batch)
    statistics.loads += 1
    if let loader { batch.loader = loader } else { batch.hasKeyFromOutside = true }
    if batch.size >= configuration.maxBatchSize {
      effects.send = leave(batch, for: .full)
      if effects.send === effects.opened { effects.opened = nil }
    } else if loader != nil, !awaitsQuiescence {
      awaitsQuiescence = true
      effects.watchQuiescence = true
    }
    return effects
  }

  private mutating func setOpen(_ batch: BatchCore?, lane: Lane?) {
    if let lane { lanes[lane] = batch } else { plain = batch }
  }

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
    let isQueued = batch.phase == .due
    if batch.reason == nil { batch.reason = reason }
    if let limit = configuration.maxConcurrentBatches, underWay.count >= limit {
      if reason == .full {
        batch.phase = .full
        setOpen(nil, lane: batch.lane)
      } else {
        batch.phase = .due
      }
      if !isQueued { queue.append(batch) }
      return nil
    }
    return send(batch)
  }

  private mutating func send(_ batch: BatchCore) -> BatchCore {
    if batch.phase != .full { setOpen(nil, lane: batch.lane) }
    batch.phase = .sent
    underWay[ObjectIdentifier(batch)] = batch
    let size = batch.size
    lastSize = size
    statistics.keysSent += size
    statistics.batches += 1
    statistics.batchSizes[size, default: 0] += 1
    if let reason = batch.reason { statistics.reasons[reason, default: 0] += 1 }
    return batch
  }

  /// An operation has ended; gives the batch whose turn it is now. A second report of one end, as
  /// an executor that shuts down may bring about, is ignored.
  mutating func ended(_ batch: BatchCore) -> BatchCore? {
    guard underWay.removeValue(forKey: ObjectIdentifier(batch)) != nil else { return nil }
    return queue.popFirst().map { send($0) }
  }

  /// The operations one of which has to end before the batch can be sent; `nil` if none has to, or
  /// one of them is only about to start.
  func workInTheWay(of batch: BatchCore) -> [FutureCore]? {
    guard batch.phase != .sent, let limit = configuration.maxConcurrentBatches,
      underWay.count >= limit
    else { return nil }
    let work = underWay.values.compactMap(\.work)
    return work.count == underWay.count ? work : nil
  }

  /// All that is open leaves; gives what to send and what has not ended.
  mutating func flush() -> (send: [BatchCore], pending: [BatchCore]) {
    let send = openBatches.compactMap { leave($0, for: .flush) }
    var waiting: [BatchCore] = []
    // Going once around leaves the queue as it was.
    for _ in 0..<queue.count {
      guard let batch = queue.popFirst() else { break }
      waiting.append(batch)
      queue.append(batch)
    }
    return (send, Array(underWay.values) + waiting)
  }

  /// In the order of opening.
  private var openBatches: [BatchCore] {
    if lanes.isEmpty { return plain.map { [$0] } ?? [] }
    return ((plain.map { [$0] } ?? []) + lanes.values).sorted { $0.number < $1.number }
  }
}

// SPDX-License-Identifier: Apache-2.0
/// Decides which batch a key joins, and when each batch leaves.
///
/// Pure: no clock, no lock, no executor, no call of the operation. ``BatcherCore`` has the effects.
///
/// A batch is *open* (takes keys) → *sent* (its operation runs) → *ended* (its futures are being
/// completed). If all turns are taken when it should leave, it is *due* in between, still open and
/// growing, or *full*, closed. Both wait for their turn.
///
/// Everything that can be decided alone is a machine of its own: ``QueuedBatch``, ``SentBatch``,
/// ``ConcurrencyLimiter``, ``QueueLimit`` and ``FlushTracker``.
struct BatcherMachine: Sendable {
  private let maxBatchSize: Int
  private let maxBatchWeight: Int
  /// The time from one due time of a batch's timer to the next.
  let timerPeriod: Nanoseconds
  private var counts = BatcherStatistics()

  private(set) var queued = QueuedBatches()
  /// By their numbers.
  private(set) var sent: [Int: SentBatch] = [:]
  private(set) var held: [HoldNumber: LoadRequest] = [:]
  private(set) var limiter: ConcurrencyLimiter<BatchCore>
  private(set) var queueLimit: QueueLimit
  private(set) var flushes = FlushTracker()
  private var cacheErrors: Set<CacheErrorKind> = []
  var origins = OriginTable()
  var firstSteps = FirstStepPolicy()
  private var lastBatch = 0
  private var lastHold = 0
  /// How many keys the last batch had: a guess at how many the next will have.
  private var lastSize = 0
  /// The waiters that have room now, to be told outside the lock.
  private var admitted: [RoomWaiter] = []

  init(configuration: BatcherConfiguration) {
    maxBatchSize = configuration.maxBatchSize
    maxBatchWeight = configuration.maxBatchWeight ?? .max
    timerPeriod = configuration.maxDelay.clampedNanoseconds / 2
    limiter = ConcurrencyLimiter(
      limit: configuration.maxConcurrentBatches,
      limitPerLane: configuration.maxConcurrentBatchesPerLane)
    queueLimit = QueueLimit(configuration.maxQueued)
  }

  // MARK: Loading

  /// What a load has to do once the lock is free.
  // Four words, which is what a function can return without storing them.
  struct OnLoad {
    /// A batch that needs a timer of `maxDelay`: the load opened it, or is the first on its clock.
    var opened: BatchCore?
    /// A batch that had no room for the key's weight, and whose turn it is.
    var sendFirst: BatchCore?
    /// A batch that is full and whose turn it is.
    var send: BatchCore?
    var outcome = Outcome.joined(watch: nil)

    var batches: [BatchCore] { [sendFirst, send].compactMap { $0 } }
  }

  enum Outcome: Equatable {
    /// With `watch`, watch the origin of the key, and call `originIsQuiet` or `probePassed`.
    case joined(watch: OriginIndex?)
    case hit, held, refused
  }

  /// A key joins the open batch of its lane, or opens one.
  ///
  /// - Parameters:
  ///   - origin: where the key comes from.
  ///   - loader: the job that loads; `nil` for code that runs on no executor of ours.
  ///   - priority: the priority of the job; zero if it is not known. No `TaskPriority`, whose size
  ///     only its own library knows: that made a load a third slower.
  ///   - request: what the load brings besides its key; `nil` if that is nothing.
  ///   - outsideTask: the task that loads, if it runs on no executor.
  ///   - parent: the number of the batch whose operation loads, if it is one of this batcher.
  ///   - host: the executor of ours that is best for the key.
  ///   - makeBatch: makes an empty batch with a number and a capacity.
  ///   - join: adds the key to the batch.
  mutating func load(
    lane: Lane?, origin: OriginID, loader: Loader?, priority: UInt8 = 0,
    request: LoadRequest? = nil, outsideTask: @autoclosure () -> Int? = nil,
    parent: @autoclosure () -> Int? = nil, host: () -> TaskletExecutor,
    makeBatch: (_ number: Int, _ capacity: Int) -> BatchCore, join: (BatchCore) -> Void
  ) -> OnLoad {
    var weight = 0
    if let request {
      switch admit(request, lane, parent: parent()) {
      case .joins(let added): weight = added
      case .hit: return OnLoad(outcome: .hit)
      case .held: return OnLoad(outcome: .held)
      case .refused: return OnLoad(outcome: .refused)
      }
    } else if !admit() {
      return OnLoad(outcome: .refused)
    }
    var effects = OnLoad()
    if weight > 0 { effects.sendFirst = makeRoom(for: weight, in: lane) }
    let batch = openBatch(in: lane, &effects, makeBatch)
    let loads = batch.futures.count
    join(batch)
    if let request { joined(batch, request, weight, isNew: batch.futures.count > loads) }
    if flushes.isActive, let parent = parent() {
      flushes.add(.batch(batch.number), spawnedBy: .batch(parent))
    }
    let entry = origins.keyJoined(from: origin, priority: priority)
    effects.outcome = .joined(watch: entry.isNew)
    let isNewOrigin = queued.joined(
      batch, from: entry.bit, by: loader, priority: priority, outsideTask: outsideTask())
    if isNewOrigin, batch.addHost(host()) { effects.opened = batch }
    leaveIfFull(batch, &effects)
    return effects
  }

  /// Admits a load that brings nothing besides its key; `false` if it is refused.
  private mutating func admit() -> Bool {
    counts.loads += 1
    if queueLimit.enter() { return true }
    counts.refused += 1
    return false
  }

  private mutating func admit(
    _ request: LoadRequest, _ lane: Lane?, parent: @autoclosure () -> Int?
  ) -> Admission {
    if request.hold == nil { counts.loads += 1 }
    // A load that was held has kept its place among those that are queued.
    let hasRoom = request.hasRoom || request.hold != nil || queueLimit.enter()
    let admission = request.admit(to: queued.open(in: lane), hasRoom: hasRoom)
    switch admission {
    case .joins: break
    case .hit:
      counts.hits += 1
      if hasRoom { leaveRoom() }
    case .held: hold(request, parent: parent())
    case .refused: counts.refused += 1
    }
    return admission
  }

  private mutating func hold(_ request: LoadRequest, parent: @autoclosure () -> Int?) {
    counts.held += 1
    lastHold += 1
    let number = HoldNumber(value: lastHold)
    request.isHeld(as: number)
    held[number] = request
    if flushes.isActive, let parent = parent() {
      flushes.add(.hold(number), spawnedBy: .batch(parent))
    }
  }

  /// The open batch leaves if it would be too heavy with this weight. Returns it if it is its turn.
  private mutating func makeRoom(for weight: Int, in lane: Lane?) -> BatchCore? {
    guard let open = queued.open(in: lane), let current = queued[open]?.weight,
      current > maxBatchWeight - weight
    else { return nil }
    return leave(open, for: .full)
  }

  private mutating func openBatch(
    in lane: Lane?, _ effects: inout OnLoad,
    _ makeBatch: (_ number: Int, _ capacity: Int) -> BatchCore
  ) -> BatchCore {
    if let open = queued.open(in: lane) { return open }
    lastBatch += 1
    let batch = makeBatch(lastBatch, lastSize)
    queued.add(batch)
    effects.opened = batch
    return batch
  }

  /// - Parameter isNew: whether it is in the batch. A load that was held may have ended in the last
  ///   moment; then the batch only gives its resource back.
  private mutating func joined(
    _ batch: BatchCore, _ request: LoadRequest, _ weight: Int, isNew: Bool
  ) {
    if let queued = queued[batch] {
      if isNew { queued.joined(request, weight: weight) }
      if let claim = request.claim { queued.took(claim) }
    }
    request.hasJoined(batch)
    if let hold = request.hold, held.removeValue(forKey: hold) != nil {
      flushes.add(.batch(batch.number), spawnedBy: .hold(hold))
      // The batch takes its place, so this ends no flush.
      _ = flushes.ended(.hold(hold))
    }
  }

  private mutating func leaveIfFull(_ batch: BatchCore, _ effects: inout OnLoad) {
    guard batch.size >= maxBatchSize || queued.weight(of: batch) >= maxBatchWeight else { return }
    effects.send = leave(batch, for: .full)
    if effects.send === effects.opened { effects.opened = nil }
  }

  /// The cache had the key of a load.
  ///
  /// - Parameter hasRoom: whether room was taken for the load, which does not need it.
  mutating func hit(hasRoom: Bool) {
    counts.loads += 1
    counts.hits += 1
    if hasRoom { leaveRoom() }
  }

  /// What follows when the future of a load is done that is, or was, held.
  enum OnHeldFuture {
    /// It had joined this batch.
    case joined(BatchCore)
    /// It joins none. These flushes waited for it last.
    case ended(flushes: [Future<Void>])
  }

  mutating func heldFutureEnded(of request: LoadRequest) -> OnHeldFuture {
    switch request.state {
    case .joined(let batch): return .joined(batch)
    case .new, .held, .ended: break
    }
    request.hasEnded()
    guard let hold = request.hold, held.removeValue(forKey: hold) != nil else {
      return .ended(flushes: [])
    }
    counts.endedEarly += 1
    counts.dropped += 1
    leaveRoom()
    return .ended(flushes: flushes.ended(.hold(hold)))
  }

  /// A cache of the user's threw an error. Returns whether it is the first of its kind.
  mutating func cacheFailed(_ kind: CacheErrorKind) -> Bool {
    counts.cacheErrors += 1
    return cacheErrors.insert(kind).inserted
  }

  // MARK: Room

  /// Somebody wants to load as soon as there is room: `true` if there is now.
  mutating func enter(_ waiter: RoomWaiter) -> Bool { queueLimit.enter(waiter) }

  /// The waiter does not want its room any more, whether it has it or not.
  mutating func giveUp(_ waiter: RoomWaiter) { admitted += queueLimit.giveUp(waiter) }

  private mutating func leaveRoom() { admitted += queueLimit.leave(1) }

  /// The waiters that were given room since this was last called.
  mutating func takeAdmitted() -> [RoomWaiter] {
    if admitted.isEmpty { return [] }
    defer { admitted = [] }
    return admitted
  }

  // MARK: Leaving

  /// The timer of a new batch was set; `false` if the batch was sent meanwhile.
  mutating func timerWasSet(_ timer: BatchTimer, of batch: BatchCore, at now: Nanoseconds) -> Bool {
    queued[batch]?.timerWasSet(timer, at: now) != nil
  }

  enum OnTimer {
    case nothing
    case setAgain(periods: Int)
    case send(BatchCore)
  }

  /// The timer of a batch is due; see ``FillTracker``.
  ///
  /// - Parameters:
  ///   - progress: how far everything has come that the machine does not know itself.
  ///   - isRunning: whether a job still runs, and so may load more.
  mutating func timerIsDue(
    _ batch: BatchCore, _ progress: FillTracker.Progress, mayWait: Bool = true,
    isRunning: (Loader) -> Bool
  ) -> OnTimer {
    guard let open = queued[batch], open.phase == .open else { return .nothing }
    var next = FillTracker.OnTimer.leave
    if mayWait {
      var progress = progress
      let probes = origins.probes(of: open.origins)
      progress.passes = probes.passes
      progress.isProbed = probes.count > 0
      next = open.timerIsDue(progress, period: timerPeriod, isRunning: isRunning)
    }
    switch next {
    case .wait(let periods): return .setAgain(periods: periods)
    case .leave: return leave(batch, for: .maxDelay).map { .send($0) } ?? .nothing
    }
  }

  /// A batch should leave. Returns it if it was open and it is its turn.
  ///
  /// - Parameter origin: the origin that told so.
  mutating func leave(
    _ batch: BatchCore, for reason: BatchReason, toldBy origin: OriginID = .unknown
  ) -> BatchCore? {
    guard let waiting = queued[batch] else { return nil }
    switch waiting.phase {
    case .open:
      waiting.shouldLeave(for: reason, toldBy: origin)
      if limiter.enter(batch, batch.lane) { return send(batch) }
      if reason == .full { queued.close(batch) } else { waiting.isDue() }
    case .due: if reason == .full { queued.close(batch) }
    case .full: break
    }
    return nil
  }

  private mutating func send(_ batch: BatchCore) -> BatchCore? {
    guard let queued = queued.remove(batch) else { return nil }
    batch.setDeadline()
    sent[batch.number] = SentBatch(queued)
    lastSize = batch.size
    admitted += queueLimit.leave(queued.places)
    return batch
  }

  // MARK: The operation

  /// A batch has its turn, and its members are made ready for the operation.
  func prepare(_ batch: BatchCore) -> SentBatch.Preparation {
    sent[batch.number]?.prepare() ?? SentBatch.Preparation()
  }

  enum OnStart {
    /// These loads were abandoned while the members were made ready.
    case start(Departure, abandoned: [AbandonedLoad])
    /// No future waits for the batch any more. This is how many loads had joined it.
    case drop(loads: Int)
  }

  /// The operation of a batch is about to start, with the keys and futures that still count.
  mutating func willStart(
    _ batch: BatchCore, _ work: Future<Void>, now: Nanoseconds
  ) -> OnStart {
    guard let batchSent = sent[batch.number] else { return .drop(loads: 0) }
    let isWanted = batchSent.willStart(work, keys: batch.size, now: now)
    let departure = batchSent.departure
    let futures = isWanted ? batch.futures.count : 0
    counts.dropped += departure.unsentLoads - futures
    if !isWanted { return .drop(loads: departure.loads) }
    counts.countSent(departure)
    if batch.lane?.backing == nil {
      counts.countCall(keys: batch.size, loads: futures)
    } else {
      batchSent.uncounted = futures
    }
    return .start(departure, abandoned: batchSent.takeBackFutures())
  }

  /// An asynchronous cache has answered some of the loads of a batch.
  mutating func cacheAnswered(_ answer: BatchBacking.Answer, in batch: BatchCore) {
    let loads = takeUncounted(batch)
    // Its executor was shut down, and its loads were counted then.
    if loads == 0 { return }
    counts.hits += answer.hits
    counts.dropped += loads - answer.hits - answer.loads
    if answer.loads > 0 { counts.countCall(keys: answer.misses.count, loads: answer.loads) }
  }

  private func takeUncounted(_ batch: BatchCore) -> Int {
    guard let batchSent = sent[batch.number] else { return 0 }
    defer { batchSent.uncounted = 0 }
    return batchSent.uncounted
  }

  /// The executor refused the operation, which starts on another one.
  func startsAgain(_ batch: BatchCore, _ work: Future<Void>) {
    sent[batch.number]?.startsAgain(work)
  }

  /// A call is retried, or made again for some of its keys.
  mutating func callsAgain(isRetry: Bool) {
    counts.calls += 1
    if isRetry { counts.retries += 1 }
  }

  /// One of a batch's futures was done before the operation's end. Returns the operation, if no
  /// future waits for it any more.
  ///
  /// - Parameter isEarly: no call brought its result; it was cancelled, or failed in another way.
  mutating func futureEnded(in batch: BatchCore, isEarly: Bool) -> Future<Void>? {
    if isEarly { counts.endedEarly += 1 }
    if let waiting = queued[batch] {
      waiting.futureEnded()
      counts.dropped += 1
      leaveRoom()
      return nil
    }
    return sent[batch.number]?.futureEnded(isEarly: isEarly) ?? nil
  }

  /// Puts a future in the place of an abandoned one; `false` if that is not possible, or not yet.
  mutating func replace(
    _ future: FutureCore, of load: AbandonedLoad, with other: FutureCore
  ) -> Bool {
    // It may have ended, or may have been replaced by another thread.
    guard load.isAttached else { return false }
    switch load.place {
    case .batch(let batch):
      if !replace(future, of: load, with: other, in: batch) { return false }
    case .held(let request):
      switch request.state {
      case .held: break
      case .joined(let batch):
        if !replace(future, of: load, with: other, in: batch) { return false }
      case .new, .ended: return false
      }
      request.replaceFuture(with: other)
    }
    load.follow(other)
    return true
  }

  private mutating func replace(
    _ future: FutureCore, of load: AbandonedLoad, with other: FutureCore, in batch: BatchCore
  ) -> Bool {
    if let waiting = queued[batch] {
      waiting.replace(future, with: other)
      return true
    }
    return sent[batch.number]?.replace(future, of: load, with: other) ?? false
  }

  /// Lends the futures of a batch that is under way to code that does not hold the lock.
  func lendFutures(of batch: BatchCore) {
    sent[batch.number]?.lendFutures()
  }

  /// Returns the loads that were abandoned while the futures of the batch were lent.
  func takeBackFutures(of batch: BatchCore) -> [AbandonedLoad] {
    sent[batch.number]?.takeBackFutures() ?? []
  }

  /// The operation of a batch has ended. Returns the resources to give back before `ended`; `nil`
  /// if the operation had ended before.
  func beginEnding(_ batch: BatchCore) -> [Claim]? {
    sent[batch.number]?.beginEnding() ?? nil
  }

  /// The turn of a batch is over. Returns the batch whose turn it is now. A second call for one
  /// batch is ignored.
  mutating func ended(_ batch: BatchCore, now: Nanoseconds) -> BatchCore? {
    guard let over = sent[batch.number], over.end() else { return nil }
    counts.dropped += takeUncounted(batch)
    if over.work != nil {
      counts.callTimes.add(now > over.departure.sent ? now - over.departure.sent : 0)
    }
    return limiter.ended(batch.lane).flatMap { send($0) }
  }

  /// All futures of a batch are done. Returns the flushes that waited for it last.
  mutating func completed(_ batch: BatchCore) -> [Future<Void>] {
    sent[batch.number] = nil
    return flushes.ended(.batch(batch.number))
  }

  /// Every open batch leaves. Returns which to send, and whether there is anything for the flush to
  /// wait for.
  ///
  /// - Parameters:
  ///   - end: done when everything has ended that is queued or under way now, and everything that
  ///     this spawns.
  ///   - own: the number of the batch whose operation calls, which is not waited for.
  mutating func flush(_ end: Future<Void>, own: Int?) -> (send: [BatchCore], isPending: Bool) {
    let send = queued.open.compactMap { leave($0, for: .flush) }
    let batches = (sent.keys + queued.numbers).filter { $0 != own }
    let members = batches.map { .batch($0) } + held.keys.map { FlushTracker.Member.hold($0) }
    flushes.begin(end, members)
    return (send, !members.isEmpty)
  }

  // MARK: Questions

  enum Status { case open, waiting, underWay, ended }

  /// Where a batch is, and how many keys it has.
  func status(of batch: BatchCore) -> (status: Status, keys: Int) {
    if let queued = queued[batch] {
      switch queued.phase {
      case .open: return (.open, batch.size)
      case .due, .full: return (.waiting, batch.size)
      }
    }
    guard let sent = sent[batch.number] else { return (.ended, 0) }
    switch sent.phase {
    case .underWay, .ending: return (.underWay, sent.keys)
    case .ended: return (.ended, sent.keys)
    }
  }

  /// The operation's tasklet; `nil` if it was not started.
  func work(of batch: BatchCore) -> Future<Void>? { sent[batch.number]?.work }

  var statistics: BatcherStatistics {
    var result = counts
    result.waitingBatches = limiter.waiting
    result.batchesUnderWay = limiter.underWay
    return result
  }
}

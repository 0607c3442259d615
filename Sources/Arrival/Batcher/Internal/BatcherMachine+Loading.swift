/// How a load joins a batch, or does not.
extension BatcherMachine {
  /// What a load brings besides its key, if it brings anything.
  // A class, so that to bring nothing costs nothing.
  final class Terms {
    /// When it has to be done, in the time of the executor.
    let deadline: Nanoseconds?
    /// Room is kept for it.
    let hasRoom: Bool
    /// The number by which it is, or was, held; zero if it is not.
    var heldNumber: Int
    /// Decides about it, before it joins a batch. Gets the open batch of its lane, and whether there
    /// is room.
    let admit: (BatchCore?, Bool) -> Admission

    init(
      deadline: Nanoseconds?, hasRoom: Bool, heldNumber: Int = 0,
      admit: @escaping (BatchCore?, Bool) -> Admission
    ) {
      self.deadline = deadline
      self.hasRoom = hasRoom
      self.heldNumber = heldNumber
      self.admit = admit
    }
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
  // Four words, which is what a function can return without storing them.
  struct OnLoad {
    /// A batch that was opened by this load: it needs a timer of `maxDelay`.
    var opened: BatchCore?
    /// A batch that had no room for the key's weight, and whose turn it is.
    var sendFirst: BatchCore?
    /// A batch that is full and whose turn it is.
    var send: BatchCore?

    var outcome = Outcome.joined(watchQuiescence: false)

    var batches: [BatchCore] { [sendFirst, send].compactMap { $0 } }
  }

  enum Outcome: Error, Equatable {
    /// With `watchQuiescence`, call `quiescent()` at the next quiescence.
    case joined(watchQuiescence: Bool)
    case hit, held, refused
  }

  /// A key joins the open batch of its lane, or opens one.
  ///
  /// - Parameters:
  ///   - loader: who loads; `nil` for code that runs on no executor.
  ///   - priority: of who loads; zero if it is not known.
  ///   - outsider: which task loads that runs on no executor; `nil` if it is none.
  ///   - parent: the number of the batch whose operation loads, if it is one of this batcher.
  ///   - makeBatch: makes an empty batch with the number it is given, and room for so many keys.
  ///   - join: adds the key to the batch.
  mutating func load(
    lane: Lane?, loader: Loader?, priority: UInt8 = 0, terms: Terms? = nil,
    outsider: @autoclosure () -> Int? = nil, parent: @autoclosure () -> Int? = nil,
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
    if weight > 0, let open = openBatch(of: lane), open.weight > maxBatchWeight - weight {
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
    if let terms {
      let count = batch.futures.count
      join(batch)
      // One that was held may have ended in the last moment.
      if batch.futures.count > count {
        batch.weight += weight
        note(terms, of: batch)
      }
    } else {
      join(batch)
    }
    if flushes.isActive, let parent = parent() { flushes.add(batch.number, spawnedBy: parent) }
    if let loader { batch.loader = loader } else { batch.joined(fromOutside: outsider()) }
    if priority > batch.priority { batch.priority = priority }
    if batch.size >= maxBatchSize || batch.weight >= maxBatchWeight {
      effects.send = leave(batch, for: .full)
      if effects.send === effects.opened { effects.opened = nil }
    } else if loader != nil, !awaitsQuiescence {
      awaitsQuiescence = true
      effects.outcome = .joined(watchQuiescence: true)
    }
    return effects
  }

  private func openBatch(of lane: Lane?) -> BatchCore? {
    if let lane { lanes[lane] } else { plain }
  }

  mutating func setOpen(_ batch: BatchCore?, lane: Lane?) {
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
      terms.heldNumber = load.number
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

  /// The cache had the key.
  mutating func countHit() {
    counts.loads += 1
    counts.hits += 1
  }
}

// SPDX-License-Identifier: Apache-2.0
/// What the machine knows of a batch that was sent, until the last of its futures is done. Pure.
///
/// An object for the same reason as a ``QueuedBatch``.
///
/// `@unchecked Sendable`: it belongs to the machine, which is under the batcher's lock.
final class SentBatch: @unchecked Sendable {
  enum Phase {
    /// It has its turn. Its operation runs, or is about to be started.
    case underWay
    /// The operation has ended, or its executor does not wait for it. Its turn is not given on yet.
    case ending
    /// Its turn is over; its futures are being completed.
    case ended
  }

  @exclusivity(unchecked) private(set) var phase = Phase.underWay
  /// The operation's tasklet; `nil` if it was not started.
  @exclusivity(unchecked) private(set) var work: Future<Void>?
  /// How many keys it has.
  @exclusivity(unchecked) private(set) var keys: Int
  @exclusivity(unchecked) private(set) var departure: Departure
  @exclusivity(unchecked) private var claims: [Claim]
  /// Code that does not hold the lock reads the futures.
  @exclusivity(unchecked) private var isLent = true
  /// The loads that were abandoned while the futures were lent.
  @exclusivity(unchecked) private var abandoned: [AbandonedLoad] = []
  @exclusivity(unchecked) private var endedEarly: Int
  @exclusivity(unchecked) private var preparation: Preparation
  /// How many loads are not counted yet, because an asynchronous cache may have their keys.
  @exclusivity(unchecked) var uncounted = 0

  init(_ queued: QueuedBatch) {
    keys = queued.batch.size
    departure = Departure(queued)
    claims = queued.claims
    endedEarly = queued.endedEarly
    preparation = Preparation(
      timer: queued.timer, secondTimer: queued.secondTimer, toldBy: queued.toldBy)
  }

  var batch: BatchCore { departure.batch }

  /// Whether no future waits for the operation.
  private var isAbandoned: Bool { endedEarly == departure.loads }

  /// What has to be done before the operation starts.
  struct Preparation: Sendable {
    /// The timers to remove.
    var timer: BatchTimer?
    var secondTimer: BatchTimer?
    /// The origin that told the batch to leave.
    var toldBy = OriginID.unknown
    /// Whether some futures are done, and have to be taken out.
    var hasEndedFutures = false
  }

  // MARK: Its futures

  /// Lends the futures to code that does not hold the lock. A batch begins with them lent, until
  /// its operation is about to start.
  func lendFutures() { isLent = true }

  /// The futures are lent no longer. Returns the loads that were abandoned meanwhile.
  func takeBackFutures() -> [AbandonedLoad] {
    isLent = false
    defer { abandoned = [] }
    return abandoned
  }

  /// Puts a future in the place of an abandoned one; `false` if that has to wait, or the operation
  /// has ended and its end completes the future.
  func replace(
    _ future: FutureCore, of load: AbandonedLoad, with other: FutureCore
  ) -> Bool {
    switch phase {
    case .underWay: break
    case .ending, .ended: return false
    }
    if isLent {
      abandoned.append(load)
      return false
    }
    batch.replace(future, with: other)
    claims.replace(future, with: other)
    return true
  }

  // MARK: Its operation

  /// The members are made ready for the operation.
  func prepare() -> Preparation {
    var result = preparation
    result.hasEndedFutures = endedEarly > 0
    preparation = Preparation()
    return result
  }

  /// The operation starts on another executor.
  func startsAgain(_ work: Future<Void>) { self.work = work }

  /// The operation is about to start, with the futures that still wait; `false` if none does.
  func willStart(_ work: Future<Void>, keys: Int, now: Nanoseconds) -> Bool {
    self.keys = keys
    if keys == 0 || isAbandoned { return false }
    self.work = work
    departure.sent = now
    return true
  }

  /// One of the futures is done. Returns the operation, if no future waits for it any more.
  func futureEnded(isEarly: Bool) -> Future<Void>? {
    endedEarly += 1
    return isEarly && isAbandoned ? work : nil
  }

  /// The operation has ended. Returns the resources to give back; `nil` if it had ended before.
  func beginEnding() -> [Claim]? {
    switch phase {
    case .underWay:
      phase = .ending
      return claims
    case .ending, .ended: return nil
    }
  }

  /// Its turn is over; `false` if it was before.
  func end() -> Bool {
    switch phase {
    case .underWay, .ending:
      phase = .ended
      return true
    case .ended: return false
    }
  }
}

/// What is known of a batch when it is sent.
struct Departure: Sendable {
  let batch: BatchCore
  let reason: BatchReason
  /// How many loads had joined, those included that have ended since.
  let loads: Int
  /// How many of them had not ended when the batch's turn came.
  let unsentLoads: Int
  /// The weight of its keys, if they are weighed.
  let weight: Int
  /// The highest priority of the jobs that loaded; zero if none is known.
  let priority: UInt8
  /// When it was opened, in the time of the executor; the end of time if it did not wait.
  let opened: Nanoseconds
  /// When it was sent, in the time of the executor.
  fileprivate(set) var sent: Nanoseconds = 0

  fileprivate init(_ queued: QueuedBatch) {
    batch = queued.batch
    // A batch is sent only after it was told why to leave.
    reason = queued.reason ?? .full
    loads = queued.loads
    unsentLoads = queued.loads - queued.endedEarly
    weight = queued.weight
    priority = queued.priority
    opened = queued.opened
  }

  /// How long it was open.
  var waited: Nanoseconds { sent > opened ? sent - opened : 0 }
}

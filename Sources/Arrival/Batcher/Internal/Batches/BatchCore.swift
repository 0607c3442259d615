// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The members of a batch, without their types: one future for each load, and how many keys they
/// want.
///
/// A batch does not decide when it leaves. The machine does, and keeps what it needs for that in a
/// ``QueuedBatch`` and then a ``SentBatch``.
@usableFromInline
// `@unchecked Sendable`: the members belong to the batcher's lock until the machine has sent the
// batch, and from then on to the code that starts the operation and to the operation's tasklet. The
// compiler's own exclusivity checks add nothing to that.
class BatchCore: FutureSource, @unchecked Sendable {
  /// The error to fail a key with; `nil` if the key is to be requested again.
  @usableFromInline typealias Judge = (any Error) -> (any Error)?

  /// Counted from 1 by its batcher.
  let number: Int
  /// The lane of all its keys.
  let lane: Lane?
  /// Whose clock its times are on.
  let clock: TaskletExecutor
  /// Where its operation runs; chosen when it leaves, unless its batcher has an executor.
  private(set) final var executor: TaskletExecutor
  /// Whether its batcher has an executor.
  private let isBound: Bool
  /// Where it may run besides `executor`: the executors of the other jobs that loaded.
  private var hosts: [TaskletExecutor] = []
  private let batcher: any BatchOwner
  private let completer = Atomic(Completer.members)

  /// One future for each load, in the order of loading.
  @usableFromInline @exclusivity(unchecked) final var futures: [FutureCore] = []
  /// The position of each future's key among the keys; empty while future and key have the same
  /// one.
  @usableFromInline @exclusivity(unchecked) final var positions: [Int] = []
  /// The number of keys to send.
  @usableFromInline @exclusivity(unchecked) final var size = 0

  /// The loads that have a time limit.
  @exclusivity(unchecked) private final var limitedLoads: [LoadRequest] = []
  /// Until when callers wait for the call; `nil` if one of them had no limit when it left.
  @exclusivity(unchecked) private(set) final var deadline: CallDeadline?

  @usableFromInline
  init(_ setup: BatchSetup) {
    number = setup.number
    lane = setup.lane
    clock = setup.executor
    executor = setup.executor
    isBound = setup.isBound
    batcher = setup.batcher
  }

  /// Frees what only adding keys needs: the batch takes no more.
  @usableFromInline func seal() {}

  /// Drops the futures that are done, and the keys that no future waits for any more.
  func removeEnded() {}

  // MARK: Time limits

  /// A load with a time limit has joined.
  final func addLimited(_ request: LoadRequest) { limitedLoads.append(request) }

  /// The batch leaves.
  final func setDeadline() {
    if limitedLoads.count >= futures.count, let latest = latestDeadline {
      deadline = CallDeadline(latest)
    } else {
      limitedLoads = []
    }
  }

  /// The limit of a load has changed. Called under the batcher's lock. If there is a deadline, each
  /// load had a limit when the batch left; its futures may belong to other code by now.
  final func updateDeadline() { deadline?.set(latestDeadline) }

  /// The latest deadline of the loads that have one; `nil` if one of them has none any more.
  private var latestDeadline: Nanoseconds? {
    var latest: Nanoseconds?
    for request in limitedLoads {
      guard let deadline = request.deadline else { return nil }
      latest = max(latest ?? 0, deadline)
    }
    return latest
  }

  // MARK: Abandoned loads

  /// Where to begin to look for a future. They are often abandoned in the order of loading.
  private var searchStart = 0

  /// Puts a future in the place of another one. Called under the batcher's lock.
  final func replace(_ future: FutureCore, with other: FutureCore) {
    guard
      let index = futures[min(searchStart, futures.count)...].firstIndex(where: { $0 === future })
        ?? futures.firstIndex(where: { $0 === future })
    else { return }
    futures[index] = other
    searchStart = index + 1
  }

  // MARK: Where it runs

  /// A key has come from a new origin, for which an executor is best. Returns whether the batch
  /// needs a timer there: the timer that it has is on a manual clock, which may never move.
  final func addHost(_ host: TaskletExecutor) -> Bool {
    if isBound || host === executor || hosts.contains(where: { $0 === host }) { return false }
    let needsTimer =
      executor.isManual && !host.isManual && hosts.allSatisfy(\.isManual)
    hosts.append(host)
    return needsTimer
  }

  /// The executors of the jobs that loaded.
  final var allHosts: [TaskletExecutor] { [executor] + hosts }

  /// The executor for a timer of `maxDelay`: one whose clock moves by itself, if there is one.
  final var timekeeper: TaskletExecutor {
    executor.isManual ? hosts.first { !$0.isManual } ?? executor : executor
  }

  /// Whether the operation may begin on a thread that is none of its executor's.
  final var mayBeginAnywhere: Bool { !isBound && !executor.isManual }

  /// Chooses where the operation runs: where it was told to leave, if that can run it.
  ///
  /// A manual executor runs it only if no key came from anywhere else: it may be forgotten.
  final func chooseExecutor(toldBy origin: OriginID) {
    if isBound { return }
    func rank(_ host: TaskletExecutor) -> Int {
      if host.isShutDown { return 0 }
      // The shared executor stands for all places that are not ours.
      let hasTold = origin.isExecutor ? host.origin == origin : host === TaskletExecutor.shared
      return (host.isManual ? 1 : 3) + (hasTold ? 1 : 0)
    }
    // The first of those with the highest rank.
    var best = executor
    if hosts.isEmpty, !best.isShutDown { return }
    for host in hosts where rank(host) > rank(best) { best = host }
    executor = rank(best) == 0 ? .shared : best
  }

  /// Chooses another executor after this one refused the operation; `false` if there is none.
  final func leaveExecutor() -> Bool {
    if isBound || executor === TaskletExecutor.shared { return false }
    chooseExecutor(toldBy: .unknown)
    return true
  }

  // MARK: As the source of its futures

  override func helpWaiter(mayRunHere: Bool) {
    batcher.threadWillBlock(for: self, mayRunHere: mayRunHere)
  }

  override func dependencies() -> Dependencies { batcher.dependencies(of: self) }

  override var kind: String { "key" }
  override var pendingText: String? { batcher.pendingText(of: self) }

  override func futureDidComplete(_ future: FutureCore) {
    switch completer.load(ordering: .relaxed) {
    case .members: batcher.futureCompleted(in: self, isEarly: true)
    case .call: batcher.futureCompleted(in: self, isEarly: false)
    case .end: break
    }
  }

  override func lastWaiterLeft(_ future: FutureCore, byCancellation: Bool) {
    if byCancellation { batcher.abandon(future, of: self, at: .batch(self)) }
  }

  // MARK: Completing the futures

  /// Who completes the futures at the moment.
  private enum Completer: UInt8, AtomicRepresentable {
    /// Code that has one of them: it was cancelled, ran out of time, or failed in another way.
    case members
    /// A call that has ended, while other keys are still to be requested.
    case call
    /// The end of the operation.
    case end
  }

  /// The operation has ended: from now on its end completes the futures.
  final func beginEnding() { completer.store(.end, ordering: .relaxed) }

  /// Completes some of the futures, while other keys are still to be requested.
  final func completeSome(_ complete: () -> Void) {
    completer.store(.call, ordering: .relaxed)
    complete()
    completer.store(.members, ordering: .relaxed)
  }

  @usableFromInline
  @inline(__always)
  final func position(at index: Int) -> Int { positions.isEmpty ? index : positions[index] }

  /// For each key, its place among the keys of a call for some of them; -1 if the call does not
  /// have it.
  @usableFromInline
  final func places(in keys: [Int]) -> [Int] {
    var places = [Int](repeating: -1, count: size)
    for (place, key) in keys.enumerated() { places[key] = place }
    return places
  }

  /// The keys among these that a pending future still waits for.
  final func wanted(_ keys: [Int]) -> [Int] {
    var isWanted = [Bool](repeating: false, count: size)
    for index in futures.indices where !futures[index].done() {
      isWanted[position(at: index)] = true
    }
    return keys.filter { isWanted[$0] }
  }

  /// Fails the futures of some keys with one error; of all keys if `keys` is `nil`.
  @usableFromInline
  final func fail(with error: any Error, _ keys: [Int]? = nil) {
    let places = keys.map { self.places(in: $0) }
    let fanOut = FanOut()
    for (index, future) in futures.enumerated() where !future.done() {
      if let places, places[position(at: index)] < 0 { continue }
      _ = future.fail(with: Failure(error, site: nil, future: future, fanOut: fanOut))
    }
  }

  @usableFromInline
  final func failMissing(_ future: FutureCore, key: String) {
    let reason =
      "the reply has no value for the key \(key);"
      + " return a value for it, or make the batcher's values optional"
    _ = future.fail(with: missingReply(reason))
  }

  @usableFromInline
  final func failForCount(_ count: Int, _ keys: [Int]?) {
    let reason =
      "the reply has \(counted(count, "value")) for \(counted(keys?.count ?? size, "key"));"
      + " return one value for each key, in the order of the keys"
    fail(with: missingReply(reason), keys)
  }

  private func missingReply(_ reason: String) -> MissingReply {
    MissingReply(batcher: batcher.name, creationSite: batcher.creationSite, reason: reason)
  }
}

/// What a batch is made with.
@usableFromInline
struct BatchSetup {
  let number: Int
  let lane: Lane?
  let batcher: any BatchOwner
  let executor: TaskletExecutor
  /// Whether the operation runs on no other executor.
  let isBound: Bool
  /// Whether equal keys are sent once.
  @usableFromInline let deduplicates: Bool
  /// How many keys to reserve memory for.
  @usableFromInline let capacity: Int
}

/// What a batch asks its batcher, and tells it.
protocol BatchOwner: LoadOwner {
  /// The name of the batcher.
  var name: String { get }
  /// Where the batcher was created.
  var creationSite: SourceSite { get }

  /// A thread is about to sleep until one of the batch's futures is done.
  func threadWillBlock(for batch: BatchCore, mayRunHere: Bool)

  /// What the pending futures of the batch need.
  func dependencies(of batch: BatchCore) -> Dependencies

  /// What the batch waits for, for dumps.
  func pendingText(of batch: BatchCore) -> String

  /// A future of the batch was done before the operation's end.
  ///
  /// - Parameter isEarly: no call brought its result; it was cancelled, or failed in another way.
  func futureCompleted(in batch: BatchCore, isEarly: Bool)
}

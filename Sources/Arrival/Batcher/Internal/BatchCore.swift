internal import Synchronization

/// Keys that go out together, and the futures that wait for them; the part that knows no types.
@usableFromInline
// `@unchecked Sendable`: everything mutable belongs to the batcher's lock until the batch is sent;
// then keys and futures belong to the tasklet that runs the operation, and the rest to the lock
// still. Exclusivity is checked by that alone.
class BatchCore: FutureSource, @unchecked Sendable {
  enum Phase { case open, due, full, sent, ended }

  let number: Int
  let lane: Lane?
  let batcher: BatcherCore
  let executor: TaskletExecutor
  final var phase = Phase.open
  final var reason: BatchReason?
  /// A key came from code that runs on no executor, whose quiescence says nothing about it.
  final var hasKeyFromOutside = false
  /// Which task outside of the executors loads into it; `nil` if none does, or several do.
  final var outsider: Int?
  /// Who loaded last.
  @exclusivity(unchecked) final var loader: Loader?
  /// How many loads had joined when the timer was set.
  final var sizeAtTimer = 1
  /// How often the timer was set again for a batch that had not grown.
  final var patience = 0
  /// Bounds the batch's wait.
  final var timer: Timer?
  /// The tasklet that runs the operation.
  final var work: Future<Void>?

  /// The weight of its keys, if they are weighed.
  @exclusivity(unchecked) final var weight = 0
  /// The highest priority of those who loaded; zero if none is known.
  // Not a `TaskPriority`, whose size is known to its own library alone: that made a load a third
  // slower.
  @exclusivity(unchecked) final var priority: UInt8 = 0
  /// How many loads have a time limit, and the latest of them.
  final var limitedLoads = 0
  final var latestDeadline: Nanoseconds = 0
  /// What its elements touch, each alone until the batch has ended.
  final var claims: [Claim] = []
  /// When it was opened, in the time of the executor; the end of time if it was sent at once.
  final var opened: Nanoseconds = .max
  /// When it was sent.
  final var sent: Nanoseconds = 0

  /// How many loads had joined when it was sent.
  final var loads = 0
  /// Its turn is over, or about to be: the operation has ended, or its executor waits no longer.
  final var isEnding = false
  /// How many of its futures were done before the operation's end.
  final var endedEarly = 0
  /// Who completes the futures now.
  private let teller = Atomic<UInt8>(BatchCore.others)
  /// Those who have them: a future that is done now was cancelled, or failed otherwise.
  private static let others: UInt8 = 0
  /// A call for some of the keys has ended.
  private static let call: UInt8 = 1
  /// The operation has ended.
  private static let end: UInt8 = 2

  /// One future a load, in the order of loading.
  @usableFromInline @exclusivity(unchecked) final var futures: [FutureCore] = []
  /// The position of each future's key among the keys; empty while the two go in step.
  @usableFromInline @exclusivity(unchecked) final var positions: [Int] = []
  /// The number of keys to send.
  @usableFromInline @exclusivity(unchecked) final var size = 0

  @usableFromInline
  init(number: Int, lane: Lane?, batcher: BatcherCore, executor: TaskletExecutor) {
    self.number = number
    self.lane = lane
    self.batcher = batcher
    self.executor = executor
  }

  /// Whether a job that loaded into it, or one that started a tasklet which did, still runs and so
  /// may go on.
  final var isBeingFilled: Bool {
    loader.map { $0.job.isRunning || $0.spawner?.isRunning == true } ?? false
  }

  /// A key has joined that comes from code which runs on no executor.
  ///
  /// - Parameter task: which task that is; asked for now and then, which is enough for one that adds many.
  final func joined(fromOutside task: @autoclosure () -> Int?) {
    hasKeyFromOutside = true
    guard futures.count % 16 == 1 else { return }
    let task = task()
    if futures.count == 1 { outsider = task } else if outsider != task { outsider = nil }
  }

  /// Whether it has yet to be sent.
  final var isQueued: Bool {
    switch phase {
    case .open, .due, .full: true
    case .sent, .ended: false
    }
  }

  /// The latest time limit of its loads; `nil` if one of them has none.
  final var deadline: Nanoseconds? { limitedLoads == loads ? latestDeadline : nil }

  /// No key can be added any more: what only adding needs is freed.
  @usableFromInline func seal() {}

  /// Leaves out the futures that are done, and the keys that nobody waits for any more.
  func removeEnded() {}

  // MARK: As the source of its futures

  override func advance(mayRun: Bool) { batcher.threadWillBlock(for: self, mayRun: mayRun) }

  override func dependencies() -> Dependencies { batcher.dependencies(of: self) }

  override var kind: String { "key" }
  override var pendingText: String? { batcher.pendingText(of: self) }

  override func futureDidComplete(_ future: FutureCore) {
    let teller = teller.load(ordering: .relaxed)
    if teller != Self.end { batcher.futureEnded(of: self, early: teller == Self.others) }
  }

  // MARK: Outcomes

  /// From now on it is the end of the operation that completes the futures.
  final func beginEnding() { teller.store(Self.end, ordering: .relaxed) }

  /// Completes some of the futures, while others are still called for.
  final func tell(_ complete: () -> Void) {
    teller.store(Self.call, ordering: .relaxed)
    complete()
    teller.store(Self.others, ordering: .relaxed)
  }

  @usableFromInline
  @inline(__always)
  final func position(at index: Int) -> Int { positions.isEmpty ? index : positions[index] }

  /// The place of each key in a call for some of them; -1 for the others.
  @usableFromInline
  final func places(in keys: [Int]) -> [Int] {
    var places = [Int](repeating: -1, count: size)
    for (place, key) in keys.enumerated() { places[key] = place }
    return places
  }

  /// Those of the keys that somebody still waits for.
  final func wanted(_ keys: [Int]) -> [Int] {
    var isWanted = [Bool](repeating: false, count: size)
    for index in futures.indices where !futures[index].done() {
      isWanted[position(at: index)] = true
    }
    return keys.filter { isWanted[$0] }
  }

  /// Fails the futures of the keys with one error.
  final func fail(with error: any Error, _ keys: CallPlan.Keys = .all) {
    var places: [Int]?
    if case .some(let keys) = keys { places = self.places(in: keys) }
    let fanOut = FanOut()
    for (index, future) in futures.enumerated() where !future.done() {
      if let places, places[position(at: index)] < 0 { continue }
      _ = future.fail(with: Failure(error, site: nil, future: future, fanOut: fanOut))
    }
  }

  @usableFromInline
  final func failMissing(_ future: FutureCore, _ reason: String) {
    _ = future.fail(with: MissingReply(batcher: batcher.name, reason: reason))
  }

  @usableFromInline
  final func failForCount(_ count: Int, _ keys: [Int]?) {
    let wanted = keys?.count ?? size
    let reason =
      "the reply has \(count) values for \(wanted) keys; it has to have as many as keys, in their"
      + " order"
    fail(
      with: MissingReply(batcher: batcher.name, reason: reason), keys.map { .some($0) } ?? .all)
  }
}

/// A job that loads a key, and the one that started the tasklet it belongs to, as far as it is known:
/// for the first job of each tasklet.
struct Loader: Sendable {
  let job: JobMark
  let spawner: JobMark?

  /// The calling job; `nil` for code that runs on no executor.
  static var current: Loader? {
    guard let thread = ThreadState.existing, thread.isInsideExecutor else { return nil }
    return Loader(job: thread.jobs.now, spawner: thread.spawner)
  }
}

/// What keeps keys apart that may not share a batch.
// A class, so that loads without a lane pass one word and not five.
@usableFromInline
// `@unchecked Sendable`: it is only made of values that are `Sendable`.
final class Lane: Hashable, @unchecked Sendable {
  private let value: AnyHashable

  @usableFromInline
  init(_ value: some Hashable & Sendable) { self.value = AnyHashable(value) }

  @usableFromInline
  static func == (a: Lane, b: Lane) -> Bool { a === b || a.value == b.value }

  @usableFromInline
  func hash(into hasher: inout Hasher) { hasher.combine(value) }

  func value<Value>(as type: Value.Type) -> Value? { value.base as? Value }
}

/// Keys that go out together, and the futures that wait for them; the part that knows no types.
///
/// `@unchecked Sendable`: everything mutable belongs to the batcher's lock until the batch is sent;
/// keys and futures then do not change any more. Exclusivity is checked by that lock alone.
@usableFromInline
class BatchCore: FutureSource, @unchecked Sendable {
  enum Phase { case open, due, full, sent }

  let number: Int
  let lane: Lane?
  let batcher: BatcherCore
  let executor: TaskletExecutor
  final var phase = Phase.open
  final var reason: BatchReason?
  /// A key came from code that runs on no executor, whose quiescence says nothing about it.
  final var hasKeyFromOutside = false
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
  /// Done when all members are.
  let ended: Future<Void>

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
    ended = Future(
      pending: nil, site: SourceSite(function: #function, file: #fileID, line: #line))
  }

  /// Whether a job that loaded into it, or one that started a tasklet which did, still runs and so
  /// may go on.
  final var isBeingFilled: Bool {
    loader.map { $0.job.isRunning || $0.spawner?.isRunning == true } ?? false
  }

  /// No key can be added any more: what only adding needs is freed.
  @usableFromInline func seal() {}

  /// Fails each future with one error.
  final func fail(with error: any Error) {
    let fanOut = FanOut()
    for future in futures where !future.done() {
      _ = future.fail(with: Failure(error, site: nil, future: future, fanOut: fanOut))
    }
  }

  override func advance(mayRun: Bool) { batcher.threadWillBlock(for: self, mayRun: mayRun) }

  override func dependencies() -> Dependencies { batcher.dependencies(of: self) }

  override var kind: String { "key" }
  override var pendingText: String? { batcher.pendingText(of: self) }

  @usableFromInline
  final func failMissing(_ future: FutureCore, _ reason: String) {
    _ = future.fail(with: MissingReply(batcher: batcher.name, reason: reason))
  }

  @usableFromInline
  final func failAll(count: Int) {
    fail(
      with: MissingReply(
        batcher: batcher.name,
        reason: "the reply has \(count) values for \(size) keys; it has to have as many as keys, in"
          + " their order"))
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

/// A batch and its keys.
@usableFromInline
// `@unchecked Sendable`: as its base class.
final class Batch<Key: Hashable & Sendable, Value: Sendable>: BatchCore, @unchecked Sendable {
  /// What is sent, in the order it came.
  @usableFromInline @exclusivity(unchecked) var keys: [Key] = []
  /// Where each key is in `keys`, if equal ones are to share a place.
  @usableFromInline @exclusivity(unchecked) var positionOf: [Key: Int] = [:]
  @usableFromInline let deduplicates: Bool

  @inlinable
  init(
    number: Int, lane: Lane?, batcher: BatcherCore, executor: TaskletExecutor,
    deduplicates: Bool, capacity: Int
  ) {
    self.deduplicates = deduplicates
    super.init(number: number, lane: lane, batcher: batcher, executor: executor)
    // Or the dictionary would be hashed anew at each doubling.
    keys.reserveCapacity(capacity)
    futures.reserveCapacity(capacity)
    if deduplicates { positionOf.reserveCapacity(capacity) }
  }

  @inlinable
  static func make(
    number: Int, lane: Lane?, batcher: BatcherCore, executor: TaskletExecutor,
    deduplicates: Bool, capacity: Int
  ) -> BatchCore {
    Batch(
      number: number, lane: lane, batcher: batcher, executor: executor,
      deduplicates: deduplicates, capacity: capacity)
  }

  /// Adds a key's future; an equal key shares its place if asked to.
  @inlinable
  func add(_ key: Key, future: Future<Value>) {
    var position = size
    if deduplicates { position = existingPosition(of: key) }
    if position == size {
      keys.append(key)
      size += 1
    }
    if !positions.isEmpty {
      positions.append(position)
    } else if position != futures.count {
      positions = Array(0..<futures.count) + [position]
    }
    futures.append(future)
  }

  /// Where the key is; `size`, and noted as its place to be, if it is new.
  @inlinable
  func existingPosition(of key: Key) -> Int {
    let size = size
    // One look-up for both cases.
    func note(_ place: inout Int?) -> Int {
      if let place { return place }
      place = size
      return size
    }
    return note(&positionOf[key])
  }

  @inlinable
  override func seal() { positionOf = [:] }

  // MARK: Outcomes

  @inlinable
  func complete(with values: [Key: Value]) {
    for index in futures.indices {
      let key = keys[position(at: index)]
      if let value = values[key] {
        future(at: index).succeed(value)
      } else {
        failMissing(futures[index], "the reply has no value for the key \(key)")
      }
    }
  }

  @inlinable
  func complete(count: Int, _ result: (Int) -> Result<Value, any Error>) {
    guard count == size else { return failAll(count: count) }
    for index in futures.indices { future(at: index).complete(result(position(at: index))) }
  }

  @inlinable
  func position(at index: Int) -> Int { positions.isEmpty ? index : positions[index] }

  // Only `Batcher<Key, Value>.load` adds futures, so their type is known.
  @inlinable
  func future(at index: Int) -> Future<Value> {
    unsafeDowncast(futures[index], to: Future<Value>.self)
  }
}

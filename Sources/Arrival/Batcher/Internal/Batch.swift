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

  /// Whether another load of the key adds nothing to what is sent.
  func has(_ key: Key) -> Bool { deduplicates && positionOf[key] != nil }

  @inlinable
  override func seal() { positionOf = [:] }

  @usableFromInline
  override func removeEnded() {
    let places = places(in: wanted(Array(keys.indices)))
    keys = keys.indices.compactMap { places[$0] < 0 ? nil : keys[$0] }
    let kept = futures.indices.filter { !futures[$0].done() && places[position(at: $0)] >= 0 }
    positions = kept.map { places[position(at: $0)] }
    futures = kept.map { futures[$0] }
    size = keys.count
  }

  /// The keys at some places; all of them if these are not given.
  @inlinable
  func keys(_ places: [Int]?) -> [Key] { places.map { $0.map { keys[$0] } } ?? keys }

  // MARK: Outcomes

  // Only `Batcher<Key, Value>.load` adds futures, so their type is known.
  @inlinable
  func future(at index: Int) -> Future<Value> {
    unsafeDowncast(futures[index], to: Future<Value>.self)
  }

  /// - Parameter missing: the value of keys that the reply leaves out; `nil` if it may not.
  @inlinable
  func complete(with values: [Key: Value], missing: Value?, _ keys: [Int]?) {
    let places = keys.map { self.places(in: $0) }
    for index in futures.indices {
      let position = position(at: index)
      if let places, places[position] < 0 { continue }
      if let value = values[self.keys[position]] ?? missing {
        future(at: index).succeed(value)
      } else {
        failMissing(
          futures[index], "the reply has no value for the key \(self.keys[position])")
      }
    }
  }

  @inlinable
  func complete(with values: [Value], _ keys: [Int]?) {
    guard values.count == keys?.count ?? size else { return failForCount(values.count, keys) }
    let places = keys.map { self.places(in: $0) }
    for index in futures.indices {
      var position = position(at: index)
      if let places { position = places[position] }
      if position >= 0 { future(at: index).succeed(values[position]) }
    }
  }

  /// - Parameter judge: the error to fail a key with; `nil` if it is to be called for again.
  /// - Returns: the keys to be called for again.
  @inlinable
  func complete(
    with results: [Result<Value, any Error>], _ keys: [Int]?, judge: BatcherCore.Judge?
  ) -> [Int] {
    guard results.count == keys?.count ?? size else {
      failForCount(results.count, keys)
      return []
    }
    if let judge { return complete(with: results, keys ?? Array(self.keys.indices), judge) }
    let places = keys.map { self.places(in: $0) }
    for index in futures.indices {
      var position = position(at: index)
      if let places { position = places[position] }
      if position >= 0 { future(at: index).complete(results[position]) }
    }
    return []
  }

  @usableFromInline
  func complete(
    with results: [Result<Value, any Error>], _ keys: [Int], _ judge: BatcherCore.Judge
  ) -> [Int] {
    var again: [Int] = []
    // Each key once, however many futures wait for it.
    let judged = zip(keys, results).map { key, result -> Result<Value, any Error>? in
      guard case .failure(let error) = result else { return result }
      if let final = judge(error) { return .failure(final) }
      again.append(key)
      return nil
    }
    let places = places(in: keys)
    for index in futures.indices {
      let place = places[position(at: index)]
      if place >= 0, let result = judged[place] { future(at: index).complete(result) }
    }
    return again
  }
}

/// An `Optional`: a reply by key that leaves a key out means `nil`.
protocol NilMeansMissing { static var none: Self { get } }

extension Optional: NilMeansMissing {}

@usableFromInline
func valueOfMissingKey<Value>(_ type: Value.Type) -> Value? {
  (type as? any NilMeansMissing.Type).flatMap { $0.none as? Value }
}

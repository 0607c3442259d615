// SPDX-License-Identifier: Apache-2.0
/// The keys of a batch and their futures.
@usableFromInline
// `@unchecked Sendable`: as its base class.
final class Batch<Key: Hashable & Sendable, Value: Sendable>: BatchCore, @unchecked Sendable {
  /// What is sent, in the order of loading.
  @usableFromInline @exclusivity(unchecked) var keys: [Key] = []
  /// Where each key is in `keys`; used only if equal keys share a place.
  @usableFromInline @exclusivity(unchecked) var positionOf: [Key: Int] = [:]
  @usableFromInline let deduplicates: Bool

  @inlinable
  override init(_ setup: BatchSetup) {
    deduplicates = setup.deduplicates
    super.init(setup)
    // Or the dictionary would hash all keys anew at each doubling.
    keys.reserveCapacity(setup.capacity)
    futures.reserveCapacity(setup.capacity)
    if deduplicates { positionOf.reserveCapacity(setup.capacity) }
  }

  @inlinable
  static func make(_ setup: BatchSetup) -> BatchCore { Batch(setup) }

  /// Adds a key and its future. Equal keys share a place if the batch deduplicates.
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

  /// Where the key is. A new key is noted at `size`, its place to be.
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

  /// Whether another load of the key would add nothing to what is sent.
  func has(_ key: Key) -> Bool { deduplicates && positionOf[key] != nil }

  @inlinable
  override func seal() { positionOf = [:] }

  @usableFromInline
  override func removeEnded() {
    // Each future is asked once: it may be done at any time, and a key needs a future.
    let kept = futures.indices.filter { !futures[$0].done() }
    var isWanted = [Bool](repeating: false, count: size)
    for index in kept { isWanted[position(at: index)] = true }
    let places = places(in: keys.indices.filter { isWanted[$0] })
    keys = keys.indices.compactMap { isWanted[$0] ? keys[$0] : nil }
    positions = kept.map { places[position(at: $0)] }
    futures = kept.map { futures[$0] }
    size = keys.count
  }

  /// The keys at these places; all keys if `places` is `nil`.
  @inlinable
  func keys(at places: [Int]?) -> [Key] { places.map { $0.map { keys[$0] } } ?? keys }

  // MARK: Outcomes

  // Only `Batcher<Key, Value>` adds futures, so their type is known.
  @inlinable
  func future(at index: Int) -> Future<Value> {
    unsafeDowncast(futures[index], to: Future<Value>.self)
  }

  /// Completes the futures of some keys, or of all keys if `keys` is `nil`.
  ///
  /// - Parameter missing: the value of keys that the reply leaves out; `nil` if these fail.
  @inlinable
  func complete(with values: [Key: Value], missing: Value?, _ keys: [Int]?) {
    let places = keys.map { self.places(in: $0) }
    for index in futures.indices {
      let position = position(at: index)
      if let places, places[position] < 0 { continue }
      if let value = values[self.keys[position]] ?? missing {
        future(at: index).succeed(value)
      } else {
        failMissing(futures[index], key: "\(self.keys[position])")
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

  /// - Parameter judge: the error to fail a key with; `nil` if the key is to be requested again.
  /// - Returns: the keys to request again.
  @inlinable
  func complete(
    with results: [Result<Value, any Error>], _ keys: [Int]?, judge: Judge?
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
    with results: [Result<Value, any Error>], _ keys: [Int], _ judge: Judge
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

/// What an asynchronous cache asks of a batch.
extension Batch {
  /// The keys, each once.
  var distinctKeys: [Key] {
    if deduplicates { return keys }
    var known: Set<Key> = []
    return keys.filter { known.insert($0).inserted }
  }

  /// Completes the futures of keys that a cache has. Returns how many.
  func complete(found values: [Key: Value]) -> Int {
    if values.isEmpty { return 0 }
    return futures.indices.count { index in
      guard let value = values[keys[position(at: index)]] else { return false }
      return future(at: index).succeed(value)
    }
  }

  /// How many futures are pending, and the places of the keys for which they wait.
  func wanted() -> (loads: Int, places: [Int]) {
    // Each future is asked once: it may be done at any time.
    let pending = futures.indices.filter { !futures[$0].done() }
    let places = Set(pending.map { position(at: $0) })
    return (pending.count, places.sorted())
  }

  /// The values of the futures of the keys at some places.
  func values(at places: [Int]) -> [Key: Value] {
    let places = Set(places)
    var values: [Key: Value] = [:]
    for index in futures.indices where places.contains(position(at: index)) {
      let future = future(at: index)
      guard future.done(), future.failure == nil else { continue }
      values[keys[position(at: index)]] = future.storedValue
    }
    return values
  }
}

/// `nil` if values are optional: where a reply by key leaves a key out, its value is `nil`.
@usableFromInline
func valueOfMissingKey<Value>(_ type: Value.Type) -> Value? {
  (type as? any OptionalValue.Type).flatMap { $0.none as? Value }
}

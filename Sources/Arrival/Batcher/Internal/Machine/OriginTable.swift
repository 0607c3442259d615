// SPDX-License-Identifier: Apache-2.0
/// Tells one origin of keys from all others: an executor of ours, Swift's global pool, an actor.
struct OriginID: Hashable, Sendable {
  /// An executor of ours has an odd number, any other executor its address.
  let rawValue: UInt

  /// Code that runs in no task, such as a plain thread. Nothing can tell when it adds no more keys.
  static let unknown = OriginID(rawValue: 0)
  /// Swift's global pool.
  static let pool = OriginID(rawValue: 2)

  /// Whether it is an executor of ours.
  var isExecutor: Bool { rawValue & 1 == 1 }
  /// Whether a probe finds out when the origin adds no more keys. An executor of ours knows it.
  var needsProbe: Bool { rawValue != 0 && rawValue & 1 == 0 }
}

/// A place in an ``OriginTable``, and what it is in a set of them.
struct OriginIndex: Hashable, Sendable {
  let value: UInt8

  var bit: UInt64 { 1 << UInt64(value) }
}

/// The origins that are watched for the time when they add no more keys. Pure.
///
/// An origin is entered when its first key joins a batch, and is taken out when it tells that no
/// more keys come. Then every open batch that has a key from there leaves.
struct OriginTable: Sendable {
  private struct Watch: Sendable {
    let origin: OriginID
    /// `nil` for an executor of ours.
    var probe: ProbeMachine?
  }

  /// What a key's origin means for its batch.
  struct Entry {
    /// The origin in a batch's set; zero if it is not watched.
    let bit: UInt64
    /// Where the origin was entered just now: it has to be watched.
    let isNew: OriginIndex?
  }

  /// As many as a batch's set can hold. Keys of further origins count as unknown.
  private static let capacity = 64

  private var watches: [Watch?] = []
  /// The origin of the last key. Most keys come from there.
  private var last = OriginID.unknown
  private var lastIndex = 0

  /// A key joins a batch.
  ///
  /// - Parameter priority: the priority of the task that loads.
  mutating func keyJoined(from origin: OriginID, priority: UInt8) -> Entry {
    if origin == .unknown { return Entry(bit: 0, isNew: nil) }
    if origin == last {
      if origin.needsProbe { watches[lastIndex]?.probe?.keyJoined(priority: priority) }
      return Entry(bit: 1 << UInt64(lastIndex), isNew: nil)
    }
    return find(origin, priority)
  }

  private mutating func find(_ origin: OriginID, _ priority: UInt8) -> Entry {
    if let index = watches.firstIndex(where: { $0?.origin == origin }) {
      (last, lastIndex) = (origin, index)
      watches[index]?.probe?.keyJoined(priority: priority)
      return Entry(bit: 1 << UInt64(index), isNew: nil)
    }
    let index = watches.firstIndex { $0 == nil } ?? watches.count
    if index == watches.count {
      if index == Self.capacity { return Entry(bit: 0, isNew: nil) }
      watches.append(nil)
    }
    watches[index] = Watch(
      origin: origin, probe: origin.needsProbe ? ProbeMachine(priority: priority) : nil)
    (last, lastIndex) = (origin, index)
    return Entry(bit: 1 << UInt64(index), isNew: OriginIndex(value: UInt8(index)))
  }

  func origin(at index: OriginIndex) -> OriginID { watches[Int(index.value)]?.origin ?? .unknown }

  /// The origin is not watched any more.
  mutating func remove(_ index: OriginIndex) {
    watches[Int(index.value)] = nil
    if lastIndex == Int(index.value) { last = .unknown }
  }

  /// The probe of an origin has passed; see ``ProbeMachine/passed(isDelivering:isWanted:)``.
  mutating func probePassed(
    _ index: OriginIndex, isDelivering: Bool, isWanted: Bool
  ) -> ProbeMachine.OnPass {
    watches[Int(index.value)]?.probe?.passed(isDelivering: isDelivering, isWanted: isWanted)
      ?? .end(isQuiet: false)
  }

  /// How many of these origins have probes, and how often those have passed.
  func probes(of origins: UInt64) -> (count: Int, passes: Int) {
    let probes = watches.indices.compactMap { index in
      origins & 1 << UInt64(index) == 0 ? nil : watches[index]?.probe
    }
    return (probes.count, probes.reduce(0) { $0 + $1.passes })
  }
}

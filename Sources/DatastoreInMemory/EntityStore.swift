// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine
internal import DatastoreModel

/// One state of all entities, and the changes that led to it. It is a value: a copy is a snapshot.
struct EntityStore {
  private struct Record {
    /// The entity, whose version is the time of the commit that wrote it.
    var entity: Entity
    /// The key as ``KeyCodec`` writes it.
    var key: [UInt8]
  }

  /// What a commit has replaced, so that earlier states can be made.
  private struct Change {
    var time: Timestamp
    var key: Key
    var old: Record?
  }

  /// What a transaction has read.
  enum Read {
    case lookup([Key])
    case query(NormalizedQuery)
    case aggregation(NormalizedQuery)
  }

  /// A place that a read has looked at, and the commit that wrote what is there.
  struct Version: Equatable {
    var place: [UInt8]
    var commit: Int64?
  }

  /// How long and how many changes are kept.
  private static let keptMicroseconds: Int64 = 3_600_000_000
  private static let keptChanges = 100_000

  /// Keys whose IDs are given to no other.
  var reserved: Set<Key> = []
  /// The time of the last commit.
  private(set) var lastCommit = Timestamp(microseconds: 0)
  private var records: [Key: Record] = [:]
  private var changes: [Change] = []
  /// The earliest state that can be made.
  private var horizon = Timestamp.min
  /// No commit may come at a time whose state was read.
  private var lastRead = Timestamp(microseconds: 0)
  private var lastID: UInt64

  /// - Parameter seed: Where the sequence of IDs begins.
  init(seed: UInt64 = 0) {
    // Neighbouring seeds begin far apart: the finalizer of SplitMix64.
    var start = (seed ^ seed >> 30) &* 0xBF58_476D_1CE4_E5B9
    start = (start ^ start >> 27) &* 0x94D0_49BB_1331_11EB
    lastID = start ^ start >> 31
  }

  /// The version of this state.
  var version: Int64 { max(1, lastCommit.microseconds) }

  /// All entities with their keys' bytes, as an ``EntityScan`` takes them.
  var all: some Sequence<(key: [UInt8], entity: Entity)> {
    records.values.lazy.map { (key: $0.key, entity: $0.entity) }
  }

  /// The reply to a query, which may be about the datastore itself.
  func reply(to query: NormalizedQuery) throws(DatastoreError) -> QueryReply {
    guard let entities = metadata(for: query) else { return try EntityScan(query).reply(all) }
    return try EntityScan(query).reply(entities)
  }

  /// The reply to an aggregation over a query.
  func reply(
    to query: NormalizedQuery, _ aggregations: [Aggregation]
  ) throws(DatastoreError) -> AggregationReply {
    guard let entities = metadata(for: query) else {
      return try EntityScan(query).reply(aggregations, over: all)
    }
    return try EntityScan(query).reply(aggregations, over: entities)
  }

  private func metadata(for query: NormalizedQuery) -> [(key: [UInt8], entity: Entity)]? {
    guard var metadata = StoreMetadata(for: query.request) else { return nil }
    for record in records.values { metadata.add(record.entity) }
    return metadata.entities
  }

  var count: Int { records.count }

  func entities(of keys: [Key]) -> [Entity] { keys.compactMap { records[$0]?.entity } }

  /// What a read finds in this state. Equal versions give equal replies.
  func versions(_ read: Read) throws(DatastoreError) -> [Version] {
    func version(_ entity: Entity, _ place: [UInt8]) -> Version {
      Version(place: place, commit: entity.key.flatMap { records[$0]?.entity.version })
    }
    switch read {
    case .lookup(let keys):
      return keys.map { Version(place: [], commit: records[$0]?.entity.version) }
    case .query(let query):
      let reply = try reply(to: query)
      return reply.items.map { version($0.entity, $0.cursor.bytes) }
        + [Version(place: reply.endCursor.bytes, commit: Int64(reply.skipped))]
    case .aggregation(let query):
      return try EntityScan(query).rows(all).map { version($0.entity, $0.position) }
    }
  }

  /// Writes all mutations or none.
  mutating func commit(
    _ mutations: [Mutation], now: Timestamp
  ) throws(DatastoreError) -> CommitReply {
    try RequestRules.check(commit: mutations)
    let last = max(lastCommit.microseconds, lastRead.microseconds)
    let time = Timestamp(microseconds: max(now.microseconds, last + 1))
    var effects: [(key: Key, effect: MutationEffect)] = []
    for mutation in mutations {
      guard let key = mutation.key.map({ completed($0) }) else { continue }
      let effect = try MutationEffect.of(
        mutation, on: key, stored: records[key]?.entity, at: time)
      effects.append((key, effect))
    }
    lastCommit = time
    let results = effects.map { write($0.effect, under: $0.key) }
    forgetOldChanges()
    return CommitReply(results: results, commitTime: time)
  }

  private mutating func write(_ effect: MutationEffect, under key: Key) -> MutationResult {
    let old = records[key]
    if !effect.leavesStored, old != nil || effect.entity != nil {
      changes.append(Change(time: lastCommit, key: key, old: old))
      records[key] = effect.entity.map { entity in
        var entity = entity
        entity.version = lastCommit.microseconds
        entity.updateTime = lastCommit
        let created = effect.isRecreated ? nil : old?.entity.createTime
        entity.createTime = created ?? lastCommit
        return Record(entity: entity, key: old?.key ?? KeyCodec.encode(key))
      }
    }
    let new = records[key]?.entity
    return effect.completing(
      MutationResult(
        key, version: new?.version ?? lastCommit.microseconds, createTime: new?.createTime,
        updateTime: new?.updateTime))
  }

  // MARK: Earlier states

  /// The state of a time. From then on no commit gets that time.
  mutating func state(at time: Timestamp, now: Timestamp) throws(DatastoreError) -> EntityStore {
    try RequestRules.check(readTime: time, now: now, keptSince: horizon)
    lastRead = max(lastRead, time)
    var state = self
    while let change = state.changes.last, change.time > time {
      state.records[change.key] = change.old
      state.changes.removeLast()
    }
    state.lastCommit = time
    return state
  }

  private mutating func forgetOldChanges() {
    let oldest = lastCommit.microseconds - Self.keptMicroseconds
    let isOverfull = changes.count > Self.keptChanges
    guard isOverfull || (changes.first?.time.microseconds ?? .max) < oldest else { return }
    let surplus = isOverfull ? changes.count / 2 : 0
    let count =
      changes.enumerated().first {
        $0.offset >= surplus && $0.element.time.microseconds >= oldest
      }?.offset ?? changes.count
    guard count > 0 else { return }
    horizon = changes[count - 1].time
    changes.removeFirst(count)
  }

  /// The key, with a free ID if it has no identifier.
  mutating func completed(_ key: Key) -> Key {
    if key.isComplete { return key }
    while true {
      lastID &+= 1
      // The odd factor visits each number of 52 bits once and scatters neighbours (golden ratio).
      let id = Int64(lastID &* 0x9_E377_9B97_F4A7 & (1 << 52 - 1))
      let complete = key.completed(id: id)
      if id != 0, records[complete] == nil, !reserved.contains(complete) { return complete }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine
internal import DatastoreModel

/// One state of all entities. It is a value: a copy is a snapshot.
struct EntityStore {
  private struct Record {
    var entity: Entity
    /// The key as ``KeyCodec`` writes it.
    var key: [UInt8]
    /// The number of the commit that wrote it.
    var version: Int
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
    var commit: Int?
  }

  /// Keys whose IDs are given to no other.
  var reserved: Set<Key> = []
  private var records: [Key: Record] = [:]
  private var lastCommit = 0
  private var lastID: UInt64 = 0

  /// All entities with their keys' bytes, as an ``EntityScan`` takes them.
  var all: some Sequence<(key: [UInt8], entity: Entity)> {
    records.values.lazy.map { (key: $0.key, entity: $0.entity) }
  }

  func entities(of keys: [Key]) -> [Entity] { keys.compactMap { records[$0]?.entity } }

  /// What a read finds in this state. Equal versions give equal replies.
  func versions(_ read: Read) throws(DatastoreError) -> [Version] {
    func version(_ entity: Entity, _ place: [UInt8]) -> Version {
      Version(place: place, commit: entity.key.flatMap { records[$0]?.version })
    }
    switch read {
    case .lookup(let keys):
      return keys.map { Version(place: [], commit: records[$0]?.version) }
    case .query(let query):
      let reply = try EntityScan(query).reply(all)
      return reply.items.map { version($0.entity, $0.cursor.bytes) }
        + [Version(place: reply.endCursor.bytes, commit: reply.skipped)]
    case .aggregation(let query):
      return try EntityScan(query).rows(all).map { version($0.entity, $0.position) }
    }
  }

  /// Writes all mutations or none.
  ///
  /// - Returns: The keys written to, in order.
  mutating func commit(_ mutations: [Mutation]) throws(DatastoreError) -> [Key] {
    try RequestRules.check(commit: mutations)
    var keys: [Key] = []
    for mutation in mutations {
      guard let key = mutation.key.map({ completed($0) }) else { continue }
      try RequestRules.check(mutation, of: key, exists: records[key] != nil)
      keys.append(key)
    }
    lastCommit += 1
    for (key, mutation) in zip(keys, mutations) {
      records[key] = mutation.entity.map { entity in
        Record(
          entity: Entity(key, entity.properties), key: KeyCodec.encode(key), version: lastCommit)
      }
    }
    return keys
  }

  /// The key, with a free ID if it has no identifier.
  mutating func completed(_ key: Key) -> Key {
    if key.isComplete { return key }
    while true {
      lastID += 1
      // The odd factor visits each number of 52 bits once and scatters neighbours (golden ratio).
      let id = Int64(lastID &* 0x9_E377_9B97_F4A7 & (1 << 52 - 1))
      let complete = key.completed(id: id)
      if id != 0, records[complete] == nil, !reserved.contains(complete) { return complete }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The properties of a transaction and their numbers.
  struct UsedProperties {
    var paths: [[UInt8]] = []
    var ids: [Int64] = []
  }

  /// Writes commits inside a transaction of SQLite.
  ///
  /// Entities are written at once. Index rows are collected, and written together in the order of
  /// their tree at the end.
  struct CommitWriter {
    let connection: Database
    private let propertyIDs: PropertyIDs
    private let insert: RawStatement
    private let select: RawStatement
    private let exists: RawStatement
    private let update: RawStatement
    private let delete: RawStatement
    private let reserved: ReservedIDs
    /// Changes of the index that are not written yet.
    private var rows = IndexRowWriter()
    /// Where more changes of the index wait; `nil` if all are in memory.
    private let runs: IndexRuns?
    private(set) var used = UsedProperties()
    /// The composite indexes as this transaction finds them.
    private var composites: [CompositeIndex] = []
    private var clock: CommitClock
    private var history: HistoryWriter
    /// The time of the commit that is being written.
    private var time: Int64 = 0

    /// Must be made inside the transaction.
    ///
    /// - Parameter path: The path of the file beside which index rows wait in a temporary file;
    ///   `nil` to keep them in memory.
    init(
      _ connection: Database, _ propertyIDs: PropertyIDs, _ policy: HistoryPolicy,
      spillsIndexFor path: String? = nil
    ) throws {
      runs = try path.map { try IndexRuns(folder: Self.folder(of: $0)) }
      self.connection = connection
      self.propertyIDs = propertyIDs
      insert = try RawStatement(
        connection,
        """
        INSERT INTO entity (key, data, updated, age) VALUES (?1, ?2, ?3, 0)
        ON CONFLICT (key) DO NOTHING
        """)
      select = try RawStatement(
        connection, "SELECT id, updated, age, data FROM entity WHERE key = ?")
      exists = try RawStatement(connection, "SELECT 1 FROM entity WHERE key = ?")
      update = try RawStatement(
        connection, "UPDATE entity SET data = ?2, updated = ?3, age = ?4 WHERE key = ?1")
      delete = try RawStatement(connection, "DELETE FROM entity WHERE key = ?")
      reserved = try ReservedIDs(connection)
      clock = try CommitClock(connection)
      history = try HistoryWriter(connection, policy)
      composites = try CompositeIndexTable.all(connection)
    }

    private static func folder(of path: String) -> String {
      guard let slash = path.lastIndex(of: "/") else { return "." }
      return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Throws the failures of a commit's inserts and updates, without writing anything.
    func checkExistence(_ plan: CommitPlan) throws {
      for (index, mutation) in plan.mutations.enumerated() {
        let mustExist: Bool
        switch (mutation.earlier.first ?? mutation).operation {
        case .insert(let entity) where entity.key?.isComplete == true: mustExist = false
        case .update: mustExist = true
        case .insert, .upsert, .delete: continue
        }
        defer { exists.reset() }
        let found = try plan.withKey(index) { key in
          try exists.bind(key, at: 1)
          return try exists.step()
        }
        if found != mustExist {
          throw mustExist ? plan.notFound(index) : plan.alreadyExists(index)
        }
      }
    }

    /// Writes a commit's entities, and collects its changes of the index.
    ///
    /// - Parameter skipsExisting: Whether an insert of a key that exists is left out, and not a
    ///   failure.
    /// - Returns: The reply, and the indexes of the inserts that were left out. It has no results
    ///   for these.
    mutating func write(
      _ plan: CommitPlan, skipsExisting: Bool = false
    ) throws -> (reply: CommitReply, skipped: Set<Int>) {
      time = clock.next()
      var results: [MutationResult] = []
      results.reserveCapacity(plan.mutations.count)
      var skipped: Set<Int> = []
      var changes = IndexUpdate(plan.paths, composites)
      try plan.encodedKeys.bytes.withUnsafeBytes { allKeys in
        try plan.blobs.withUnsafeBytes { allBlobs in
          for mutation in plan.mutations.indices {
            let key = UnsafeRawBufferPointer(rebasing: allKeys[plan.encodedKeys.range(mutation)])
            let blob = UnsafeRawBufferPointer(rebasing: allBlobs[plan.blobRange(mutation)])
            do {
              results.append(try write(plan, mutation, key, blob, &changes))
            } catch let error as DatastoreError
              where skipsExisting && error.code == .alreadyExists
            {
              skipped.insert(mutation)
            }
          }
        }
      }
      let ids = try propertyIDs.findOrCreate(changes.paths.paths, connection)
      used.paths += changes.paths.paths
      used.ids += ids
      var reply = CommitReply(results: results, commitTime: Timestamp(microseconds: time))
      reply.indexUpdates = changes.count
      changes.move(to: &rows, ids)
      return (reply, skipped)
    }

    /// Writes what is left when all commits are written.
    mutating func finish() throws {
      try writeIndex()
      try history.removeOld(&clock)
      try clock.save()
    }

    /// Writes the index rows of the commits so far.
    mutating func writeIndex() throws {
      if let runs, !runs.isEmpty { try rows.write(connection, after: runs) }
      if !rows.isEmpty { try rows.write(connection) }
    }

    /// Moves index rows out of memory if they are many.
    mutating func spillIndex() throws {
      if let runs, rows.byteCount >= IndexRowWriter.maxBytes {
        try rows.spill(to: runs, connection)
      }
    }

    /// Writes one mutation, whose entity is encoded.
    private mutating func write(
      _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ blob: UnsafeRawBufferPointer, _ changes: inout IndexUpdate
    ) throws -> MutationResult {
      if plan.mutations[mutation].dependsOnStoredEntity {
        return try writeDependent(plan, mutation, key, &changes)
      }
      let new = EncodedEntity(
        key: plan.keys[mutation], keyBytes: key, entity: plan.mutations[mutation].entity,
        blob: blob, entries: plan.entries[mutation])
      switch plan.mutations[mutation].operation {
      case .insert(let entity), .upsert(let entity):
        if entity.key?.isComplete == false {
          return try insertWithFreeID(plan, mutation, new, &changes)
        }
        if try run(insert, new) == 1 { return try inserted(new, &changes) }
        guard case .upsert = plan.mutations[mutation].operation else {
          throw plan.alreadyExists(mutation)
        }
        return try replace(try stored(new), by: new, &changes)
      case .update:
        guard let old = try stored(new) else { throw plan.notFound(mutation) }
        return try replace(old, by: new, &changes)
      case .delete:
        return try remove(try stored(new), new, &changes)
      }
    }

    /// Writes a mutation whose entity depends on the stored one.
    private mutating func writeDependent(
      _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ changes: inout IndexUpdate
    ) throws -> MutationResult {
      let isNew = plan.mutations[mutation].key?.isComplete == false
      var new = EncodedEntity(
        key: plan.keys[mutation], keyBytes: key, entity: nil,
        blob: UnsafeRawBufferPointer(start: nil, count: 0), entries: [])
      let old = isNew ? nil : try stored(new)
      let effect = try MutationEffect.of(
        plan.mutations[mutation], on: new.key, stored: try old?.readable(new.key),
        at: Timestamp(microseconds: time))
      if effect.leavesStored {
        return effect.completing(
          old.map { $0.times.result(new.key) } ?? MutationResult(new.key, version: time))
      }
      guard let entity = effect.entity else {
        return effect.completing(try remove(old, new, &changes))
      }
      var writer = BlobWriter()
      try EntityCodec.encode(
        entity, into: &writer, keyChecksum: EntityCodec.checksum(ofKey: key))
      new.entity = entity
      new.entries = changes.entries(of: entity, key: new.key)
      let result = try writer.bytes.withUnsafeBytes { blob in
        new.blob = blob
        if isNew { return try insertWithFreeID(plan, mutation, new, &changes) }
        guard old == nil else {
          return try replace(old, by: new, isRecreated: effect.isRecreated, &changes)
        }
        _ = try run(insert, new)
        return try inserted(new, &changes)
      }
      return effect.completing(result)
    }

    // MARK: What was stored before

    /// What is stored under a key.
    private struct Stored {
      /// `nil` if it is damaged.
      var properties: Entity.Properties?
      var rowID: Int64
      var times: EntityTimes
      /// How many bytes key and data have.
      var bytes: Int

      /// The entity, for a mutation that depends on it.
      func readable(_ key: Key) throws(DatastoreError) -> Entity {
        if let properties { return Entity(key, properties, times) }
        throw StoreFailure.corrupt(key, CorruptBlob("a mutation depends on what it was"))
      }
    }

    private func stored(_ new: EncodedEntity) throws -> Stored? {
      defer { select.reset() }
      try select.bind(new.keyBytes, at: 1)
      guard try select.step() else { return nil }
      return Stored(
        properties: try? EntityCodec.decode(select.blob(3), of: new.keyBytes),
        rowID: select.number(0), times: EntityTimes(select, 1),
        bytes: new.keyBytes.count + select.blob(3).count)
    }

    private mutating func inserted(
      _ new: EncodedEntity, _ changes: inout IndexUpdate
    ) throws -> MutationResult {
      try changes.insert(new.entries, of: new.entity, at: new.row(connection.lastInsertedRowID))
      return EntityTimes(updated: time, age: 0).result(new.key)
    }

    private mutating func replace(
      _ old: Stored?, by new: EncodedEntity, isRecreated: Bool = false,
      _ changes: inout IndexUpdate
    ) throws -> MutationResult {
      guard let old else { return EntityTimes(updated: time, age: 0).result(new.key) }
      let times =
        isRecreated
        ? EntityTimes(updated: time, age: 0) : EntityTimes(at: time, after: old.times)
      try history.keep(old.rowID, bytes: old.bytes, &clock)
      try update.bind(new.keyBytes, at: 1)
      try update.bind(new.blob, at: 2)
      try update.bind(times.updated, at: 3)
      try update.bind(times.age, at: 4)
      _ = try update.run()
      try replaceRows(of: old, by: new, &changes)
      return times.result(new.key)
    }

    private mutating func remove(
      _ old: Stored?, _ new: EncodedEntity, _ changes: inout IndexUpdate
    ) throws -> MutationResult {
      if let old {
        try history.keep(old.rowID, bytes: old.bytes, &clock)
        try delete.bind(new.keyBytes, at: 1)
        _ = try delete.run()
        try replaceRows(of: old, by: new, &changes)
      }
      return MutationResult(new.key, version: time)
    }

    private mutating func replaceRows(
      of old: Stored, by new: EncodedEntity, _ changes: inout IndexUpdate
    ) throws {
      // An earlier commit of this transaction may have written the entity, so its rows go first.
      try writeIndex()
      let row = new.row(old.rowID)
      if let properties = old.properties {
        try changes.replace(Entity(nil, properties), by: new.entries, of: new.entity, at: row)
      } else {
        try changes.removeAll(at: row, connection)
        try changes.insert(new.entries, of: new.entity, at: row)
      }
    }

    // MARK: Automatic IDs

    /// Inserts an entity with the ID of the plan, or with another one if that is taken. Nothing
    /// that exists is ever overwritten.
    private mutating func insertWithFreeID(
      _ plan: CommitPlan, _ mutation: Int, _ new: EncodedEntity, _ changes: inout IndexUpdate
    ) throws -> MutationResult {
      if try insertIfFree(new) { return try inserted(new, &changes) }
      for _ in 1..<AutomaticID.maxAttempts {
        let other = new.key.completed(id: plan.identifiers())
        let result = try new.withKey(other) { moved -> MutationResult? in
          try insertIfFree(moved) ? try inserted(moved, &changes) : nil
        }
        if let result { return result }
      }
      throw plan.noFreeID(mutation)
    }

    private func insertIfFree(_ new: EncodedEntity) throws -> Bool {
      try !reserved.contains(new.keyBytes) && run(insert, new) == 1
    }

    private func run(_ statement: RawStatement, _ new: EncodedEntity) throws -> Int {
      try statement.bind(new.keyBytes, at: 1)
      try statement.bind(new.blob, at: 2)
      try statement.bind(time, at: 3)
      return try statement.run()
    }
  }
#endif

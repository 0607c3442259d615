// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

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
    /// The properties of this transaction and their numbers, which are cached once it is committed.
    private var usedPaths: [[UInt8]] = []
    private var usedIDs: [Int64] = []
    /// The composite indexes as this transaction finds them.
    private var composites: [CompositeIndex] = []

    init(_ connection: Database, _ propertyIDs: PropertyIDs) throws {
      self.connection = connection
      self.propertyIDs = propertyIDs
      insert = try RawStatement(
        connection, "INSERT INTO entity (key, data) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
      select = try RawStatement(connection, "SELECT id, data FROM entity WHERE key = ?")
      exists = try RawStatement(connection, "SELECT 1 FROM entity WHERE key = ?")
      update = try RawStatement(connection, "UPDATE entity SET data = ?2 WHERE key = ?1")
      delete = try RawStatement(connection, "DELETE FROM entity WHERE key = ?")
      reserved = try ReservedIDs(connection)
    }

    /// Must be called first, inside the transaction.
    mutating func begin() throws { composites = try CompositeIndexTable.all(connection) }

    /// Throws the failures of a commit's inserts and updates, without writing anything.
    func checkExistence(_ plan: CommitPlan) throws {
      for (index, mutation) in plan.mutations.enumerated() {
        let mustExist: Bool
        switch mutation {
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
    mutating func write(_ plan: CommitPlan) throws -> CommitReply {
      var reply = plan.keys
      var changes = IndexUpdate(plan.paths, composites)
      try plan.encodedKeys.bytes.withUnsafeBytes { allKeys in
        try plan.blobs.withUnsafeBytes { allBlobs in
          for mutation in plan.mutations.indices {
            let key = UnsafeRawBufferPointer(rebasing: allKeys[plan.encodedKeys.range(mutation)])
            let blob = UnsafeRawBufferPointer(rebasing: allBlobs[plan.blobRange(mutation)])
            if let other = try write(plan, mutation, key, blob, &changes) {
              reply[mutation] = other
            }
          }
        }
      }
      let ids = try propertyIDs.findOrCreate(changes.paths.paths, connection)
      usedPaths += changes.paths.paths
      usedIDs += ids
      changes.move(to: &rows, ids)
      return CommitReply(keys: reply)
    }

    /// Writes the index rows of the commits so far.
    mutating func writeIndex() throws {
      if !rows.isEmpty { try rows.write(connection) }
    }

    /// Caches the numbers of properties. Call it once the transaction is committed.
    func rememberPropertyIDs() { propertyIDs.remember(usedPaths, usedIDs) }

    /// Writes one mutation; returns the key if it is not the one in the plan.
    private mutating func write(
      _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ blob: UnsafeRawBufferPointer, _ changes: inout IndexUpdate
    ) throws -> Key? {
      switch plan.mutations[mutation] {
      case .insert(let entity), .upsert(let entity):
        if entity.key?.isComplete == false {
          return try insertWithFreeID(plan, mutation, key, blob, &changes)
        }
        if try run(insert, key, blob) == 1 {
          try changes.insert(
            plan.entries[mutation], of: entity,
            at: insertedRow(plan.keys[mutation], [UInt8](key)))
          return nil
        }
        guard case .upsert = plan.mutations[mutation] else { throw plan.alreadyExists(mutation) }
        let old = try stored(key)
        _ = try run(update, key, blob)
        try replace(old, plan, mutation, key, &changes)
      case .update:
        let old = try stored(key)
        if try run(update, key, blob) == 0 { throw plan.notFound(mutation) }
        try replace(old, plan, mutation, key, &changes)
      case .delete:
        let old = try stored(key)
        try delete.bind(key, at: 1)
        _ = try delete.run()
        try replace(old, plan, mutation, key, &changes)
      }
      return nil
    }

    // MARK: What was stored before

    private enum Stored {
      case nothing
      case entity(Entity, rowID: Int64)
      case damaged(rowID: Int64)
    }

    private func stored(_ key: UnsafeRawBufferPointer) throws -> Stored {
      defer { select.reset() }
      try select.bind(key, at: 1)
      guard try select.step() else { return .nothing }
      let rowID = select.number(0)
      guard let properties = try? EntityCodec.decode(select.blob(1), of: key) else {
        return .damaged(rowID: rowID)
      }
      return .entity(Entity(nil, properties), rowID: rowID)
    }

    private mutating func replace(
      _ old: Stored, _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ changes: inout IndexUpdate
    ) throws {
      if case .nothing = old { return }
      // An earlier commit of this transaction may have written the entity, so its rows go first.
      try writeIndex()
      let entity = plan.mutations[mutation].entity
      switch old {
      case .nothing: break
      case .entity(let old, let rowID):
        let row = EntityRow(key: plan.keys[mutation], keyBytes: [UInt8](key), id: rowID)
        try changes.replace(old, by: plan.entries[mutation], of: entity, at: row)
      case .damaged(let rowID):
        let row = EntityRow(key: plan.keys[mutation], keyBytes: [UInt8](key), id: rowID)
        try changes.removeAll(at: row, connection)
        try changes.insert(plan.entries[mutation], of: entity, at: row)
      }
    }

    // MARK: Automatic IDs

    /// Inserts an entity with the ID of the plan, or with another one if that is taken. Nothing
    /// that exists is ever overwritten.
    private func insertWithFreeID(
      _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ blob: UnsafeRawBufferPointer, _ changes: inout IndexUpdate
    ) throws -> Key? {
      let entity = plan.mutations[mutation].entity
      if try insertIfFree(key, blob) {
        try changes.insert(
          plan.entries[mutation], of: entity, at: insertedRow(plan.keys[mutation], [UInt8](key)))
        return nil
      }
      for _ in 1..<AutomaticID.maxAttempts {
        let other = plan.keys[mutation].completed(id: plan.identifiers())
        if let row = try insertIfFree(other, insteadOf: key, blob) {
          try changes.insert(plan.entries[mutation], of: entity, at: row)
          return other
        }
      }
      throw plan.noFreeID(mutation)
    }

    /// Inserts an entity under another key than it was encoded for; `nil` if the key is taken.
    private func insertIfFree(
      _ key: Key, insteadOf encoded: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer
    ) throws -> EntityRow? {
      var writer = BlobWriter()
      KeyCodec.encode(key, into: &writer)
      let bytes = writer.bytes
      var signed = [UInt8](blob)
      EntityCodec.changeKey(
        of: &signed, endingAt: signed.count, from: EntityCodec.checksum(ofKey: encoded),
        to: writer.checksum(from: 0))
      let isInserted = try bytes.withUnsafeBytes { key in
        try signed.withUnsafeBytes { try insertIfFree(key, $0) }
      }
      return isInserted ? insertedRow(key, bytes) : nil
    }

    private func insertIfFree(
      _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer
    ) throws -> Bool {
      try !reserved.contains(key) && run(insert, key, blob) == 1
    }

    private func insertedRow(_ key: Key, _ bytes: [UInt8]) -> EntityRow {
      EntityRow(key: key, keyBytes: bytes, id: connection.lastInsertedRowID)
    }

    private func run(
      _ statement: RawStatement, _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer
    ) throws -> Int {
      try statement.bind(key, at: 1)
      try statement.bind(blob, at: 2)
      return try statement.run()
    }
  }
#endif

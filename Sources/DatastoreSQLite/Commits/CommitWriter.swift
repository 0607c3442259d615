#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Writes commits inside a transaction of SQLite: entities at once, the index's rows together at
  /// the end, in the order of their tree.
  struct CommitWriter {
    let connection: Database
    private let names: IndexNames
    private let insert: RawStatement
    private let select: RawStatement
    private let exists: RawStatement
    private let update: RawStatement
    private let delete: RawStatement
    private let reserved: ReservedIDs
    /// Changes of the index that stand out.
    private var rows = IndexRows()
    /// The numbers of properties in this transaction.
    private var paths: [[UInt8]] = []
    private var numbers: [Int64] = []
    /// The indexes over several properties as this transaction finds them.
    private var composites: [CompositeIndex] = []

    init(_ connection: Database, _ names: IndexNames) throws {
      self.connection = connection
      self.names = names
      insert = try RawStatement(
        connection, "INSERT INTO entity (key, data) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
      select = try RawStatement(connection, "SELECT id, data FROM entity WHERE key = ?")
      exists = try RawStatement(connection, "SELECT 1 FROM entity WHERE key = ?")
      update = try RawStatement(connection, "UPDATE entity SET data = ?2 WHERE key = ?1")
      delete = try RawStatement(connection, "DELETE FROM entity WHERE key = ?")
      reserved = try ReservedIDs(connection)
    }

    /// To be called first, inside the transaction.
    mutating func begin() throws { composites = try CompositeTable.all(connection) }

    /// What was stored under a key before.
    private enum Stored {
      case nothing
      case entity(Entity, number: Int64)
      case damaged(number: Int64)
    }

    /// Throws what the commit's inserts and updates would throw, without writing.
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

    /// Writes a commit's entities, and keeps in mind what it changes of the index.
    mutating func write(_ plan: CommitPlan) throws -> CommitReply {
      var reply = plan.keys
      var changes = IndexUpdate(plan.names, composites)
      try plan.table.bytes.withUnsafeBytes { allKeys in
        try plan.blobs.withUnsafeBytes { allBlobs in
          for mutation in plan.mutations.indices {
            let key = UnsafeRawBufferPointer(rebasing: allKeys[plan.table.range(mutation)])
            let blob = UnsafeRawBufferPointer(rebasing: allBlobs[plan.blobRange(mutation)])
            if let other = try write(plan, mutation, key, blob, &changes) {
              reply[mutation] = other
            }
          }
        }
      }
      let numbers = try names.numbers(changes.names.paths, connection)
      paths += changes.names.paths
      self.numbers += numbers
      changes.move(to: &rows, numbers)
      return CommitReply(keys: reply)
    }

    /// Writes what the index has to change for the commits so far.
    mutating func writeIndex() throws {
      if !rows.isEmpty { try rows.write(connection) }
    }

    /// The transaction was committed: what its properties are called holds for good.
    func rememberNames() { names.remember(paths, numbers) }

    /// Writes one mutation, and returns the key if it is not the one in the plan.
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
            plan.entries[mutation], of: entity, key: plan.keys[mutation], bytes: [UInt8](key),
            number: connection.lastInsertedRowID)
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

    private mutating func replace(
      _ old: Stored, _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ changes: inout IndexUpdate
    ) throws {
      if case .nothing = old { return }
      // An earlier commit of this transaction may have written the entity: its rows go first.
      try writeIndex()
      let bytes = [UInt8](key)
      let entity = plan.mutations[mutation].entity
      switch old {
      case .nothing: break
      case .entity(let old, let number):
        try changes.replace(
          old, by: plan.entries[mutation], of: entity, key: plan.keys[mutation], bytes: bytes,
          number: number)
      case .damaged(let number):
        try changes.removeAll(of: plan.keys[mutation], bytes: bytes, connection)
        try changes.insert(
          plan.entries[mutation], of: entity, key: plan.keys[mutation], bytes: bytes,
          number: number)
      }
    }

    private func stored(_ key: UnsafeRawBufferPointer) throws -> Stored {
      defer { select.reset() }
      try select.bind(key, at: 1)
      guard try select.step() else { return .nothing }
      let number = select.number(0)
      guard let properties = try? EntityCodec.decode(select.blob(1), of: key) else {
        return .damaged(number: number)
      }
      return .entity(Entity(nil, properties), number: number)
    }

    /// Tries the ID drawn in advance, then others until one is free: what exists is never
    /// overwritten.
    private func insertWithFreeID(
      _ plan: CommitPlan, _ mutation: Int, _ key: UnsafeRawBufferPointer,
      _ blob: UnsafeRawBufferPointer, _ changes: inout IndexUpdate
    ) throws -> Key? {
      let entity = plan.mutations[mutation].entity
      if try insertIfFree(key, blob) {
        try changes.insert(
          plan.entries[mutation], of: entity, key: plan.keys[mutation], bytes: [UInt8](key),
          number: connection.lastInsertedRowID)
        return nil
      }
      for _ in 1..<AutomaticID.maximumAttempts {
        let other = plan.keys[mutation].completed(id: plan.identifiers())
        var writer = BlobWriter()
        KeyCodec.encode(other, into: &writer)
        let bytes = writer.bytes
        var signed = [UInt8](blob)
        EntityCodec.changeKey(
          of: &signed, endingAt: signed.count, from: EntityCodec.checksum(ofKey: key),
          to: writer.checksum(from: 0))
        let inserted = try bytes.withUnsafeBytes { key in
          try signed.withUnsafeBytes { try insertIfFree(key, $0) }
        }
        if inserted {
          try changes.insert(
            plan.entries[mutation], of: entity, key: other, bytes: bytes,
            number: connection.lastInsertedRowID)
          return other
        }
      }
      throw plan.noFreeID(mutation)
    }

    private func insertIfFree(
      _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer
    ) throws -> Bool {
      try !reserved.contains(key) && run(insert, key, blob) == 1
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

#if SQLite
  internal import Datastore
  internal import GRDB

  extension CommitPlan {
    /// The statements of one commit, prepared once a connection.
    private struct Statements {
      let insert: RawStatement
      let select: RawStatement
      let update: RawStatement
      let delete: RawStatement

      init(_ connection: Database) throws {
        insert = try RawStatement(
          connection, "INSERT INTO entity (key, data) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
        select = try RawStatement(connection, "SELECT data FROM entity WHERE key = ?")
        update = try RawStatement(connection, "UPDATE entity SET data = ?2 WHERE key = ?1")
        delete = try RawStatement(connection, "DELETE FROM entity WHERE key = ?")
      }
    }

    /// What was stored under a key before.
    private enum Stored {
      case nothing
      case entity(Entity)
      case damaged
    }

    /// Writes all mutations and their index in one transaction, on the writer's queue.
    func run(_ connection: Database, _ known: IndexNames) throws -> CommitReply {
      var reply = keys
      if connection.isInsideTransaction { try connection.rollback() }
      let statements = try Statements(connection)
      var index = IndexUpdate(names)
      var numbers: [Int64] = []
      // Immediate: the lock is taken, and waited for, before anything is read.
      try connection.inTransaction(.immediate) {
        try condition?(connection)
        try table.bytes.withUnsafeBytes { allKeys in
          try blobs.withUnsafeBytes { allBlobs in
            for mutation in mutations.indices {
              let key = UnsafeRawBufferPointer(rebasing: allKeys[table.range(mutation)])
              let blob = UnsafeRawBufferPointer(rebasing: allBlobs[blobRange(mutation)])
              if let other = try write(mutation, key, blob, statements, &index, connection) {
                reply[mutation] = other
              }
            }
          }
        }
        numbers = try index.apply(connection, known)
        return .commit
      }
      known.remember(index.names.paths, numbers)
      return CommitReply(keys: reply)
    }

    /// Writes one mutation, and returns the key if it is not the one in `keys`.
    private func write(
      _ mutation: Int, _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer,
      _ statements: Statements, _ index: inout IndexUpdate, _ connection: Database
    ) throws -> Key? {
      switch mutations[mutation] {
      case .insert(let entity), .upsert(let entity):
        if entity.key?.isComplete == false {
          return try insertWithFreeID(mutation, key, blob, statements.insert, &index, connection)
        }
        if try Self.run(statements.insert, key, blob) == 1 {
          index.insert(entries[mutation], key: [UInt8](key))
          return nil
        }
        guard case .upsert = mutations[mutation] else {
          throw DatastoreError(
            .alreadyExists, "An insert found an entity of this key. Use an upsert to overwrite it.",
            key: keys[mutation])
        }
        let old = try Self.stored(statements.select, key)
        _ = try Self.run(statements.update, key, blob)
        try replace(old, mutation, key, &index, connection)
      case .update:
        let old = try Self.stored(statements.select, key)
        if try Self.run(statements.update, key, blob) == 0 {
          throw DatastoreError(
            .notFound, "An update found no entity of this key. Use an upsert to create it.",
            key: keys[mutation])
        }
        try replace(old, mutation, key, &index, connection)
      case .delete:
        let old = try Self.stored(statements.select, key)
        try statements.delete.bind(key, at: 1)
        _ = try statements.delete.run()
        try replace(old, mutation, key, &index, connection)
      }
      return nil
    }

    private func replace(
      _ old: Stored, _ mutation: Int, _ key: UnsafeRawBufferPointer, _ index: inout IndexUpdate,
      _ connection: Database
    ) throws {
      let bytes = [UInt8](key)
      switch old {
      case .nothing: break
      case .entity(let old):
        index.replace(old, by: entries[mutation], of: keys[mutation], bytes: bytes)
      case .damaged:
        try IndexUpdate.removeAll(of: keys[mutation], bytes: bytes, connection)
        index.insert(entries[mutation], key: bytes)
      }
    }

    private static func stored(
      _ select: RawStatement, _ key: UnsafeRawBufferPointer
    ) throws -> Stored {
      defer { select.reset() }
      try select.bind(key, at: 1)
      guard try select.step() else { return .nothing }
      guard let properties = try? EntityCodec.decode(select.blob) else { return .damaged }
      return .entity(Entity(nil, properties))
    }

    /// Tries the ID drawn in advance, then others until one is free: what exists is never
    /// overwritten.
    private func insertWithFreeID(
      _ mutation: Int, _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer,
      _ insert: RawStatement, _ index: inout IndexUpdate, _ connection: Database
    ) throws -> Key? {
      let reserved = try ReservedIDs(connection)
      if try !reserved.contains(key), try Self.run(insert, key, blob) == 1 {
        index.insert(entries[mutation], key: [UInt8](key))
        return nil
      }
      for _ in 1..<AutomaticID.maximumAttempts {
        let other = keys[mutation].completed(id: identifiers())
        var writer = BlobWriter()
        KeyCodec.encode(other, into: &writer)
        let bytes = writer.bytes
        let inserted = try bytes.withUnsafeBytes { key in
          try reserved.contains(key) ? 0 : try Self.run(insert, key, blob)
        }
        if inserted == 1 {
          index.insert(entries[mutation], key: bytes)
          return other
        }
      }
      throw DatastoreError(
        .internal,
        """
        \(AutomaticID.maximumAttempts) random IDs in a row were taken, which chance does not do. \
        Please report this.
        """, key: keys[mutation])
    }

    private static func run(
      _ statement: RawStatement, _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer
    ) throws -> Int {
      try statement.bind(key, at: 1)
      try statement.bind(blob, at: 2)
      return try statement.run()
    }
  }
#endif

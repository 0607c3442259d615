#if SQLite
  internal import Datastore
  internal import GRDB

  extension CommitPlan {
    /// The statements of one commit, prepared once a connection.
    private struct Statements {
      let insert: RawStatement
      let update: RawStatement
      let upsert: RawStatement
      let delete: RawStatement

      init(_ connection: Database) throws {
        insert = try RawStatement(
          connection, "INSERT INTO entity (key, data) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
        update = try RawStatement(
          connection, "UPDATE entity SET data = ?2 WHERE key = ?1")
        upsert = try RawStatement(
          connection,
          """
          INSERT INTO entity (key, data) VALUES (?, ?)
          ON CONFLICT (key) DO UPDATE SET data = excluded.data
          """)
        delete = try RawStatement(
          connection, "DELETE FROM entity WHERE key = ?")
      }
    }

    /// Writes all mutations in one transaction, on the writer's queue.
    func run(_ connection: Database) throws -> CommitReply {
      var reply = keys
      if connection.isInsideTransaction { try connection.rollback() }
      let statements = try Statements(connection)
      // Immediate: the lock is taken, and waited for, before anything is read.
      try connection.inTransaction(.immediate) {
        try table.bytes.withUnsafeBytes { allKeys in
          try blobs.withUnsafeBytes { allBlobs in
            for index in mutations.indices {
              let key = UnsafeRawBufferPointer(rebasing: allKeys[table.range(index)])
              let blob = UnsafeRawBufferPointer(rebasing: allBlobs[blobRange(index)])
              if let other = try write(index, key, blob, statements) { reply[index] = other }
            }
          }
        }
        return .commit
      }
      return CommitReply(keys: reply)
    }

    /// Writes one mutation, and returns the key if it is not the one in `keys`.
    private func write(
      _ index: Int, _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer,
      _ statements: Statements
    ) throws -> Key? {
      switch mutations[index] {
      case .insert(let entity), .upsert(let entity):
        if entity.key?.isComplete == false {
          return try insertWithFreeID(index, key, blob, statements.insert)
        }
        if case .upsert = mutations[index] {
          _ = try Self.run(statements.upsert, key, blob)
        } else if try Self.run(statements.insert, key, blob) == 0 {
          throw DatastoreError(
            .alreadyExists, "An insert found an entity of this key. Use an upsert to overwrite it.",
            key: keys[index])
        }
      case .update:
        if try Self.run(statements.update, key, blob) == 0 {
          throw DatastoreError(
            .notFound, "An update found no entity of this key. Use an upsert to create it.",
            key: keys[index])
        }
      case .delete:
        try statements.delete.bind(key, at: 1)
        _ = try statements.delete.run()
      }
      return nil
    }

    /// Tries the ID drawn in advance, then others until one is free: what exists is never
    /// overwritten.
    private func insertWithFreeID(
      _ index: Int, _ key: UnsafeRawBufferPointer, _ blob: UnsafeRawBufferPointer,
      _ insert: RawStatement
    ) throws -> Key? {
      if try Self.run(insert, key, blob) == 1 { return nil }
      for _ in 1..<AutomaticID.maximumAttempts {
        let other = keys[index].completed(id: identifiers())
        var writer = BlobWriter()
        KeyCodec.encode(other, into: &writer)
        let inserted = try writer.bytes.withUnsafeBytes { try Self.run(insert, $0, blob) }
        if inserted == 1 { return other }
      }
      throw DatastoreError(
        .internal,
        """
        \(AutomaticID.maximumAttempts) random IDs in a row were taken, which chance does not do. \
        Please report this.
        """, key: keys[index])
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

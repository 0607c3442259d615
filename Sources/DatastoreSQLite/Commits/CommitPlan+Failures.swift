#if SQLite
  internal import DatastoreModel

  /// What a mutation can fail with once the file is asked.
  extension CommitPlan {
    func alreadyExists(_ mutation: Int) -> DatastoreError {
      DatastoreError(
        .alreadyExists, "An insert found an entity of this key. Use an upsert to overwrite it.",
        key: keys[mutation])
    }

    func notFound(_ mutation: Int) -> DatastoreError {
      DatastoreError(
        .notFound, "An update found no entity of this key. Use an upsert to create it.",
        key: keys[mutation])
    }

    func noFreeID(_ mutation: Int) -> DatastoreError {
      DatastoreError(
        .internal,
        """
        \(AutomaticID.maximumAttempts) random IDs in a row were taken, which chance does not do. \
        Please report this.
        """, key: keys[mutation])
    }

    func withKey<T>(_ mutation: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
      try table.bytes.withUnsafeBytes {
        try body(UnsafeRawBufferPointer(rebasing: $0[table.range(mutation)]))
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel

  /// Failures of a mutation that only the file can show.
  extension CommitPlan {
    func alreadyExists(_ mutation: Int) -> DatastoreError {
      DatastoreError(
        .alreadyExists,
        "An insert found an entity with this key. A put (an upsert) overwrites it.",
        key: keys[mutation])
    }

    func notFound(_ mutation: Int) -> DatastoreError {
      DatastoreError(
        .notFound, "An update found no entity with this key. A put (an upsert) creates it.",
        key: keys[mutation])
    }

    func noFreeID(_ mutation: Int) -> DatastoreError {
      DatastoreError(
        .internal,
        """
        \(AutomaticID.maxAttempts) random IDs in a row were taken, which does not happen by \
        chance. Please report this.
        """, key: keys[mutation])
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
// The folder `History` has earlier states: `HistoryWriter` keeps what commits replace, for as long
// as `HistoryPolicy` says, and `PastState` reads it.
#if SQLite
  internal import GRDB

  /// Keeps what commits replace, inside their transaction of SQLite, and removes what is too old.
  ///
  /// Rows are added in the order of the times at which their states ended. So the oldest rows have
  /// the lowest numbers.
  struct HistoryWriter {
    /// What a row takes beside key and data, about.
    private static let rowBytes: Int64 = 80

    /// What a row takes, about.
    static func bytes(ofRow bytes: Int) -> Int64 { Int64(bytes) + rowBytes }

    private let policy: HistoryPolicy
    private let insert: RawStatement
    private let oldest: RawStatement
    private let delete: RawStatement
    private var added = 0

    init(_ connection: Database, _ policy: HistoryPolicy) throws {
      self.policy = policy
      insert = try RawStatement(
        connection,
        """
        INSERT INTO history (key, ended, updated, age, data)
        SELECT key, ?2, updated, age, data FROM entity WHERE id = ?1
        """)
      oldest = try RawStatement(
        connection,
        "SELECT id, ended, length(key) + length(data) FROM history ORDER BY id LIMIT 1")
      delete = try RawStatement(connection, "DELETE FROM history WHERE id = ?")
    }

    /// Keeps the stored state of an entity, which is replaced now.
    mutating func keep(_ rowID: Int64, bytes: Int, _ clock: inout CommitClock) throws {
      guard policy.keepsAnything else {
        clock.horizon = clock.committed
        return
      }
      try insert.bind(rowID, at: 1)
      try insert.bind(clock.committed, at: 2)
      _ = try insert.run()
      clock.historyBytes += Int64(bytes) + Self.rowBytes
      added += 1
    }

    /// Removes rows that are too old or too many.
    ///
    /// It removes only some more than were added, so that no commit waits for an hour's rows.
    mutating func removeOld(_ clock: inout CommitClock) throws {
      guard added > 0 || clock.historyBytes > 0 else { return }
      let cutoff = clock.committed - policy.microseconds
      for _ in 0..<(2 * added + 64) {
        guard let (id, ended, bytes) = try next(),
          ended < cutoff || clock.historyBytes > policy.maxBytes
        else { return }
        try delete.bind(id, at: 1)
        _ = try delete.run()
        clock.horizon = max(clock.horizon, ended)
        clock.historyBytes = max(0, clock.historyBytes - bytes - Self.rowBytes)
      }
    }

    private func next() throws -> (id: Int64, ended: Int64, bytes: Int64)? {
      defer { oldest.reset() }
      guard try oldest.step() else { return nil }
      return (oldest.number(0), oldest.number(1), oldest.number(2))
    }
  }
#endif

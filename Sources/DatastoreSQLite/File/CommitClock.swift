// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// Gives each commit of a file a time that is later than that of the commit before, even if the
  /// system's clock was set back.
  ///
  /// The last time is in the file, so that it holds for all processes. All times are microseconds.
  struct CommitClock {
    /// The time of the last commit.
    private(set) var committed: Int64
    /// The earliest time whose state can be read.
    var horizon: Int64
    /// About how many bytes the history has.
    var historyBytes: Int64
    /// Whether this is the first transaction of a ``Lineage``.
    private let isFirst: Bool
    private let now: Int64
    private let connection: Database

    /// - Parameter now: The system's time.
    init(_ connection: Database, now: Int64 = Timestamp.now.microseconds) throws {
      self.connection = connection
      self.now = now
      let select = try RawStatement(
        connection, "SELECT committed, horizon, history, salts FROM clock")
      defer { select.reset() }
      guard try select.step() else {
        throw DatastoreError(
          .dataLoss,
          "The time of the last commit is missing. Restore a backup with \"arrival restore\".")
      }
      committed = select.number(0)
      horizon = select.number(1)
      historyBytes = select.number(2)
      isFirst = select.number(3) == Lineage.noSalts
    }

    /// The time of the next commit.
    mutating func next() -> Int64 {
      committed = max(now, committed + 1)
      return committed
    }

    /// Writes the clock into the file.
    func save() throws {
      if isFirst { try Lineage.noteLog(connection) }
      let update = try RawStatement(
        connection, "UPDATE clock SET committed = ?, horizon = ?, history = ?")
      try update.bind(committed, at: 1)
      try update.bind(horizon, at: 2)
      try update.bind(historyBytes, at: 3)
      _ = try update.run()
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  private import Foundation
  internal import GRDB

  /// Replaces all contents of a file with those of a backup, in one transaction.
  struct StoreRestore {
    let file: StoreFile
    /// The path of the backup.
    let backup: String

    func run() throws {
      guard !file.path.isEmpty, !file.path.utf8.contains(0) else {
        throw StoreFailure.unusablePath(file.path)
      }
      let (source, _) = try StoreFile(
        path: backup, configuration: reading, schema: file.schema
      ).openReadOnly()
      defer { try? source.close() }
      try StoreFailure.translating(backup, .read) { try source.read(requireOrder) }
      try StoreFailure.translating(file.path, .write) {
        do {
          try file.retryingWhileBusy { try replace(with: source) }
        } catch let error as DatabaseError where StoreFailure.isBusy(error) {
          throw DatastoreError(
            .unavailable,
            """
            A process has the datastore "\(file.path)" open, and a restore needs it alone. Nothing \
            was changed. Stop that process, then restore again.
            """, cause: error)
        }
      }
    }

    private var reading: SQLiteBackend.Configuration {
      var configuration = file.configuration
      configuration.isReadOnly = true
      return configuration
    }

    private func requireOrder(_ connection: Database) throws {
      let report = IntegrityCheck.run(connection)
      guard let problem = report.problems.first?.split(separator: "\n").first else { return }
      throw DatastoreError(
        .dataLoss,
        "The backup is damaged, and nothing was restored: \(problem). Use another backup.")
    }

    private func replace(with source: any DatabaseReader) throws {
      if try isAbsent() {
        // A backup that others may not read does not become readable here. If the file cannot be
        // created, SQLite says why.
        _ = BackupFile.create(file.location, like: backup)
      }
      var configuration = file.grdbConfiguration()
      configuration.prepareDatabase { connection in
        // Other connections to the file know numbers of properties that the backup may not have.
        try connection.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      }
      let target = try DatabaseQueue(path: file.location, configuration: configuration)
      defer { try? target.close() }
      try target.inDatabase { target in
        // Without a log, a crash leaves a journal, and the next opening goes back to the old state.
        let mode = try String.fetchOne(target, sql: "PRAGMA journal_mode = DELETE")
        guard mode == "delete" else {
          throw StoreFailure.notDurable(file.path, "journal_mode=\(mode ?? "-")")
        }
        try target.execute(sql: "PRAGMA synchronous = FULL")
        try source.read { try $0.backup(to: target) }
      }
      try target.close()
    }

    /// Whether the file is missing. It may also be empty, or a datastore of this version or an
    /// older one.
    private func isAbsent() throws -> Bool {
      switch try StoreHeader.read(file.location) {
      case .absent: return true
      case .empty: return false
      case .notADatabase: throw StoreFailure.notADatabase(file.path)
      case .database(let header):
        guard header.applicationID == Schema.applicationID else {
          throw StoreFailure.foreign(file.path)
        }
        if header.version > file.schema.version {
          throw StoreFailure.newer(file.path, header.version, known: file.schema.version)
        }
        try MovedFile.checkLog(of: header, at: file.location, file.path)
        return false
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// Several commits written in one transaction of SQLite, each with an outcome of its own.
  ///
  /// There are no savepoints: with one, SQLite copies each page before its first change. Instead,
  /// most failures of a commit are found before it writes anything, and such a commit is left out.
  /// If a commit fails all the same, nothing of the group is written, and each commit is retried
  /// alone.
  struct CommitGroup {
    let commits: [PendingCommit]
    let propertyIDs: PropertyIDs
    let access: StoreAccess
    /// Called after each transaction.
    let didCommit: () -> Void

    typealias Outcome = Result<CommitReply, any Error>

    /// One outcome for each commit, in order. Those that succeeded are durable.
    func run(_ connection: Database) -> [Outcome] {
      if commits.count > 1, let outcomes = writeTogether(connection) { return outcomes }
      return commits.map { commit in
        Outcome {
          try StoreFailure.translating(access.path, .write) {
            try write([commit], connection, isAlone: true)[0].get()
          }
        }
      }
    }

    /// Writes all commits in one transaction; `nil` if each must be retried alone.
    private func writeTogether(_ connection: Database) -> [Outcome]? {
      do {
        return try write(commits, connection, isAlone: false)
      } catch let error as DatabaseError {
        switch error.resultCode {
        // Without the lock, each retry would wait as long again. After a disk failure, a retry
        // would leave it open which of the two attempts is in the file.
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR:
          let failure = StoreFailure.translate(error, access.path, .write)
          return commits.map { _ in .failure(failure) }
        default: return nil
        }
      } catch {
        return nil
      }
    }

    private func write(
      _ commits: [PendingCommit], _ connection: Database, isAlone: Bool
    ) throws -> [Outcome] {
      var outcomes: [Outcome] = []
      var isAnyWritten = false
      var used = UsedProperties()
      try access.writing(connection) {
        var writer = try CommitWriter(connection, propertyIDs, access.history)
        for commit in commits {
          if let refusal = try refusal(of: commit, &writer, isAlone: isAlone) {
            outcomes.append(.failure(refusal))
          } else {
            outcomes.append(.success(try writer.write(commit.plan).reply))
            isAnyWritten = true
          }
        }
        try writer.finish()
        used = writer.used
        return isAnyWritten ? .commit : .rollback
      }
      didCommit()
      // The numbers of properties are cached once the transaction is committed.
      propertyIDs.remember(used.paths, used.ids)
      return outcomes
    }

    /// A failure that shows before anything of the commit is written.
    private func refusal(
      of commit: PendingCommit, _ writer: inout CommitWriter, isAlone: Bool
    ) throws -> DatastoreError? {
      do {
        if let check = commit.check {
          // The check may read the index.
          try writer.writeIndex()
          try check(writer.connection)
        }
        if !isAlone { try writer.checkExistence(commit.plan) }
        return nil
      } catch let error as DatastoreError {
        return error
      }
    }
  }
#endif

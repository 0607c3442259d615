#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// Several commits written in one transaction of SQLite, each with an outcome of its own.
  ///
  /// There are no savepoints: with one, SQLite copies each page before its first change. What can be
  /// known of a commit's failure before it writes is asked for first, and such a commit is left
  /// out. If one fails all the same, nothing of the group is written, and each is tried alone.
  struct CommitGroup {
    let items: [CommitQueue.Item]
    let names: IndexNames
    let access: StoreAccess
    /// Called after each transaction.
    let didCommit: () -> Void

    typealias Outcome = Result<CommitReply, any Error>

    /// One outcome a commit, in order; those that succeeded are durable.
    func run(_ connection: Database) -> [Outcome] {
      if items.count > 1, let outcomes = together(connection) { return outcomes }
      return items.map { item in
        Outcome {
          try StoreFailure.translating(access.path, .write) {
            try transaction([item], connection, isAlone: true)[0].get()
          }
        }
      }
    }

    /// `nil` if the group is to be taken apart.
    private func together(_ connection: Database) -> [Outcome]? {
      do {
        return try transaction(items, connection, isAlone: false)
      } catch let error as DatabaseError {
        switch error.resultCode {
        // Each would wait as long again for the lock; or the disk failed, and to try again would
        // leave it open which of the two attempts is in the file.
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR:
          let failure = StoreFailure.translate(error, access.path, .write)
          return items.map { _ in .failure(failure) }
        default: return nil
        }
      } catch {
        return nil
      }
    }

    private func transaction(
      _ items: [CommitQueue.Item], _ connection: Database, isAlone: Bool
    ) throws -> [Outcome] {
      var writer = try CommitWriter(connection, names)
      var outcomes: [Outcome] = []
      var isAnyWritten = false
      try access.writing(connection) {
        try writer.begin()
        for item in items {
          if let refusal = try refusal(of: item, &writer, isAlone: isAlone) {
            outcomes.append(.failure(refusal))
          } else {
            outcomes.append(.success(try writer.write(item.plan)))
            isAnyWritten = true
          }
        }
        try writer.writeIndex()
        return isAnyWritten ? .commit : .rollback
      }
      didCommit()
      writer.rememberNames()
      return outcomes
    }

    /// What is known to be wrong with a commit before anything of it is written.
    private func refusal(
      of item: CommitQueue.Item, _ writer: inout CommitWriter, isAlone: Bool
    ) throws -> DatastoreError? {
      do {
        if let check = item.check {
          // It may ask the index.
          try writer.writeIndex()
          try check(writer.connection)
        }
        if !isAlone { try writer.checkExistence(item.plan) }
        return nil
      } catch let error as DatastoreError {
        return error
      }
    }
  }
#endif

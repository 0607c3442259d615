// SPDX-License-Identifier: Apache-2.0
// The folder `Commits` has the way of a commit into the file: `CommitPlan` encodes it,
// `CommitQueue` waits for the writer, `CommitGroup` writes several in one transaction and retries
// each alone if one of them fails, and `CommitWriter` writes entities and index rows. A transaction
// that was aborted is retried by the datastore, not here.

#if SQLite
  internal import DatastoreModel
  internal import GRDB
  internal import Synchronization

  /// Group commit: the commits that wait while another is being written go into the next
  /// transaction of SQLite together, and one write of the write-ahead log makes all of them
  /// durable.
  final class CommitQueue: Sendable {
    private let pending = Mutex(PendingCommits<PendingCommit>())
    private let propertyIDs: PropertyIDs
    private let access: StoreAccess
    /// How many transactions of SQLite there were, for tests.
    let transactions = Atomic(0)

    /// How many commits wait for the writer.
    var waitingCount: Int { pending.withLock { $0.waitingCount } }

    init(_ access: StoreAccess, _ propertyIDs: PropertyIDs) {
      self.access = access
      self.propertyIDs = propertyIDs
    }

    /// Writes a commit; returns when it is durable.
    ///
    /// This does not use GRDB's `async` write, which interrupts the transaction when the caller is
    /// cancelled.
    func commit(
      _ plan: CommitPlan, into database: any DatabaseWriter,
      check: (@Sendable (Database) throws -> Void)? = nil
    ) async throws -> CommitReply {
      try await withCheckedThrowingContinuation { continuation in
        let commit = PendingCommit(plan: plan, check: check, continuation: continuation)
        switch pending.withLock({ $0.add(commit) }) {
        case .startWriter: startWriter(database)
        case .none: break
        }
      }
    }

    private func startWriter(_ database: any DatabaseWriter) {
      database.asyncWriteWithoutTransaction { [self] connection in
        let commits = pending.withLock { pending in
          pending.takeGroup { ($0.plan.mutations.count, $0.plan.byteCount) }
        }
        let group = CommitGroup(commits: commits, propertyIDs: propertyIDs, access: access) {
          self.transactions.add(1, ordering: .relaxed)
        }
        let outcomes = group.run(connection)
        // The next group joins the database's queue before any caller resumes. So other users of
        // the queue get their turn in between.
        switch pending.withLock({ $0.finishGroup() }) {
        case .takeNextGroup: startWriter(database)
        case .becomeIdle: break
        }
        for (commit, outcome) in zip(commits, outcomes) {
          commit.continuation.resume(with: outcome)
        }
      }
    }
  }
#endif

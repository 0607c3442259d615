// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// A commit that waits for the writer, with the caller that waits for it.
  struct PendingCommit: Sendable {
    let plan: CommitPlan
    /// Runs in the writing transaction before anything of the commit is written, and sees all
    /// commits before it. If it throws, this commit fails and no other.
    let check: (@Sendable (Database) throws -> Void)?
    let continuation: CheckedContinuation<CommitReply, any Error>
  }
#endif

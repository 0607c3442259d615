#if SQLite
  internal import DatastoreModel
  internal import GRDB
  internal import Synchronization

  /// Lets commits into the file: all that wait while one is being written go together into the next
  /// transaction of SQLite, which makes them durable with one write of the log.
  final class CommitQueue: Sendable {
    /// A commit that waits.
    struct Item: Sendable {
      let plan: CommitPlan
      /// Run in the writing transaction before anything of the commit is written; what it throws
      /// fails this commit and no other. It sees all commits before it.
      let check: (@Sendable (Database) throws -> Void)?
      let continuation: CheckedContinuation<CommitReply, any Error>
    }

    private let line = Mutex(CommitLine<Item>())
    private let names: IndexNames
    private let access: StoreAccess
    /// How many transactions of SQLite there were, for tests.
    let transactions = Atomic(0)

    /// How many commits wait for the writer.
    var waitingCount: Int { line.withLock { $0.waitingCount } }

    init(_ access: StoreAccess, _ names: IndexNames) {
      self.access = access
      self.names = names
    }

    /// Writes a commit; returns when it is durable.
    ///
    /// Not GRDB's `async` write: it interrupts the transaction when the caller is cancelled.
    func commit(
      _ plan: CommitPlan, into database: any DatabaseWriter,
      check: (@Sendable (Database) throws -> Void)? = nil
    ) async throws -> CommitReply {
      try await withCheckedThrowingContinuation { continuation in
        let item = Item(plan: plan, check: check, continuation: continuation)
        switch line.withLock({ $0.add(item) }) {
        case .startWriter: startWriter(database)
        case .none: break
        }
      }
    }

    private func startWriter(_ database: any DatabaseWriter) {
      database.asyncWriteWithoutTransaction { [self] connection in
        let items = line.withLock { line in
          line.take { ($0.plan.mutations.count, $0.plan.blobs.count + $0.plan.table.bytes.count) }
        }
        let group = CommitGroup(items: items, names: names, access: access) {
          self.transactions.add(1, ordering: .relaxed)
        }
        let outcomes = group.run(connection)
        // Started before anybody goes on, so that others of the database's queue get their turn.
        switch line.withLock({ $0.finish() }) {
        case .goOn: startWriter(database)
        case .rest: break
        }
        for (item, outcome) in zip(items, outcomes) { item.continuation.resume(with: outcome) }
      }
    }
  }
#endif

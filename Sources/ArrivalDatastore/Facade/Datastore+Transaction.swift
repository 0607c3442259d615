// SPDX-License-Identifier: Apache-2.0
public import Arrival
internal import DatastoreEngine

extension RetryPolicy {
  /// Retries transactions after conflicts: five times, after 10 ms and then twice as long each
  /// time. Half of each wait is random.
  ///
  /// Conflicting transactions of one `Datastore` are retried one after another. If the conflict
  /// came from elsewhere, the waits grow to a multiple of the time that an attempt takes, up to
  /// `maxDelay`, which is ten seconds.
  public static var contention: RetryPolicy {
    RetryPolicy(
      maxRetries: 5, initialDelay: .milliseconds(10), maxDelay: .seconds(10), budget: nil
    ) { ($0 as? DatastoreError)?.code == .aborted }
  }
}

extension Datastore {
  /// Runs a transaction: the reads and writes of `body` through its argument happen at one moment,
  /// or not at all.
  ///
  /// ```swift
  /// let left = try await datastore.transaction { tx in
  ///   async let from = tx.get(a, as: Account.self).value
  ///   async let to = tx.get(b, as: Account.self).value
  ///   guard var from = try await from, var to = try await to else { throw NoSuchAccount() }
  ///   guard from.balance >= 10 else { throw Overdrawn() }
  ///   from.balance -= 10
  ///   to.balance += 10
  ///   tx.put(from)
  ///   tx.put(to)
  ///   tx.afterCommit { await mailer.send(receipt) }
  ///   return from.balance
  /// }.value
  /// ```
  ///
  /// Transactions are serialisable: the outcome of concurrent transactions is one that they could
  /// have had one after another. If that is impossible, the later ones are *aborted*: nothing is
  /// written, and `body` runs again on a new state, after a growing wait. So `body` may run several
  /// times. Put effects on the outside world into ``Transaction/afterCommit(_:)``.
  ///
  /// Calls of the datastore itself inside `body` are not part of the transaction. They do not see
  /// its writes and may conflict with it. A transaction inside another one of the same datastore
  /// fails with `failedPrecondition`.
  ///
  /// The transaction runs as a tasklet on the datastore's executor. Cancelling its future rolls it
  /// back, unless the commit has begun, which then runs to its end.
  ///
  /// - Parameters:
  ///   - mode: Whether the transaction may write. A read-only transaction sees one state and is not
  ///     aborted by writes.
  ///   - retry: Which failures of an attempt are retried, how often and when. Its budget is not
  ///     used.
  ///   - readsOwnWrites: Whether `get` sees earlier writes of the transaction itself, as in NDB. By
  ///     default it sees the state of the transaction's beginning, as in Google's clients. Queries
  ///     always do.
  ///   - function: The calling function. Omit it.
  ///   - file: Its file. Omit it.
  ///   - line: Its line. Omit it.
  ///   - body: The transaction. If it throws, nothing is written.
  /// - Returns: A future of the result of `body`, done when the commit is durable. It fails with
  ///   the error that `body` threw, unchanged; or with ``DatastoreError``: `aborted` if all
  ///   attempts had conflicts, `invalidArgument` for writes that exceed the ``Limits``, or the
  ///   backend's error. If the code ``DatastoreError/Code/leavesWritesInDoubt``, the writes may
  ///   have taken effect.
  public func transaction<Value: Sendable>(
    _ mode: TransactionMode = .readWrite(), retry: RetryPolicy = .contention,
    readsOwnWrites: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable (_ transaction: Transaction) async throws -> Value
  ) -> Future<Value> {
    let site = SourceSite(function: function, file: file, line: line)
    let entry: InFlightCalls.Entry
    do throws(DatastoreError) {
      try requireNoTransaction()
      entry = try core.makeEntry()
    } catch {
      return Future(error: error, at: site)
    }
    return Future("transaction", on: core.executor, at: site) { [core, contention] in
      try await entry.run {
        try await Transaction.runAttempts(
          mode, retry, readsOwnWrites: readsOwnWrites, core, contention, body)
      }
    }
  }

  private func requireNoTransaction() throws(DatastoreError) {
    guard let current = Transaction.current, current.core === core, current.isOpen else {
      return
    }
    throw DatastoreError(
      .failedPrecondition,
      """
      A transaction was started inside another one of the same datastore, and they could wait for \
      each other. Pass the outer transaction to the code that needs it, or start the second one \
      after the first has ended, for example in afterCommit.
      """)
  }
}

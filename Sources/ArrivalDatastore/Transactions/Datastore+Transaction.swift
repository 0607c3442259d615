public import Arrival

extension RetryPolicy {
  /// How transactions that met another are repeated: five times, after 10 ms and then twice as long
  /// each time; half of each wait is drawn at random.
  ///
  /// Of those that met within one datastore object each is repeated when those before it have ended.
  /// Where the others are elsewhere the waits grow to a multiple of the time that an attempt takes, up
  /// to `maxDelay`, which is ten seconds.
  public static var contention: RetryPolicy {
    RetryPolicy(
      maxRetries: 5, initialDelay: .milliseconds(10), maxDelay: .seconds(10), budget: nil
    ) { ($0 as? DatastoreError)?.code == .aborted }
  }
}

extension Datastore {
  /// Runs a transaction: what `body` reads and writes through its argument happens at one moment, or
  /// not at all.
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
  /// Transactions are serialisable: the outcome of several at once is one that they could have had one
  /// after the other. Where they cannot have, the later ones are *aborted*: nothing of them is
  /// written, and `body` runs again, on a new state, after a wait that grows. So it must be fit to
  /// run several times: what it does to the world outside belongs into
  /// ``Transaction/afterCommit(_:)``.
  ///
  /// What goes through the datastore itself inside `body` is not part of the transaction; it does not
  /// see its writes, and may make it abort. A transaction inside another one of the same datastore
  /// fails with `failedPrecondition`.
  ///
  /// It runs as a tasklet on the datastore's executor. Cancelling its future rolls it back, unless the
  /// commit is under way already: that goes on to its end.
  ///
  /// - Parameters:
  ///   - mode: What it may do. Read-only transactions see one state, and need not be repeated on a
  ///     file or a server, whatever is written meanwhile.
  ///   - retry: Which failures of an attempt are repeated, how often and when; its budget is not
  ///     used.
  ///   - function: The function that asks for it; left out.
  ///   - file: Its file; left out.
  ///   - line: Its line; left out.
  ///   - body: The transaction. If it throws, nothing is written.
  /// - Returns: A future of what `body` returned, done when the commit is durable. It fails with
  ///   the error that `body` threw, as it was; with ``DatastoreError``: `aborted` when all attempts met
  ///   others, `invalidArgument` for writes beyond the ``Limits``, or what the backend says. After a
  ///   code that ``DatastoreError/Code/leavesWritesInDoubt`` nobody knows whether it was written.
  public func transaction<Value: Sendable>(
    _ mode: TransactionMode = .readWrite(), retry: RetryPolicy = .contention,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable (_ transaction: Transaction) async throws -> Value
  ) -> Future<Value> {
    let entry: RequestsUnderWay.Entry
    do throws(DatastoreError) {
      try requireNoTransaction()
      entry = try enter()
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
    return Future("transaction", on: executor, function: function, file: file, line: line) {
      try await entry.run {
        let executor = TaskletExecutor.current
        var attempts = TransactionAttempts(mode, retry, now: executor.now())
        let turn =
          mode.isReadOnly ? nil : TransactionTurn(self.turns, limit: retry.maxDelay, on: executor)
        defer { turn?.leave() }
        while true {
          let transaction = Transaction(self, attempts.mode, turn)
          let begun = executor.now()
          do {
            return try await transaction.run(body)
          } catch {
            let hadTurn = turn?.since.map { max(begun, $0) }
            let delay = try attempts.next(
              after: error, transaction.session.id, now: executor.now(), turn: hadTurn,
              random: .random(in: 0..<1))
            guard let delay else { throw error }
            self.counters.transactionRepeated()
            turn?.take(transaction.touchedKeys)
            // Whom it met stands before it, most likely; it met a stranger if nobody does, or did.
            let hasWaited = try await turn?.wait() ?? false
            if hadTurn != nil || !hasWaited { try await Future.sleep(for: delay).value }
          }
        }
      }
    }
  }

  private func requireNoTransaction() throws(DatastoreError) {
    guard let current = Transaction.current, current.datastore === self, current.isOpen else {
      return
    }
    throw DatastoreError(
      .failedPrecondition,
      """
      A transaction was started inside another one of the same datastore, which could wait for itself. \
      Hand the outer transaction on to where it is needed, or start the second when the first has \
      ended, in afterCommit for instance.
      """)
  }
}

extension Transaction {
  /// What it has read or written, as far as others can meet it there.
  fileprivate var touchedKeys: Set<Key> {
    Set(session.readKeys).union(writes.withLock { $0.mutations.compactMap(\.key) })
  }

  /// One attempt, from the first read to the last callback.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (Transaction) async throws -> Value
  ) async throws -> Value {
    let value: Value
    do {
      value = try await Self.$current.withValue(self) { try await body(self) }
      try Task.checkCancellation()
      try await settleWrites()
      if let contention = session.contention { throw contention }
    } catch {
      await end { await $0.session.rollback() }
      // The closure may have made another error of it; what has happened is the contention.
      if let contention = session.contention { throw contention }
      throw error
    }
    let callbacks = writes.withLock { $0.afterCommit }
    if mode.isReadOnly {
      await end { await $0.session.rollback() }
    } else {
      try await commit()
    }
    // A callback may begin another one of the same entities.
    turn?.leave()
    await Self.$current.withValue(nil) { for callback in callbacks { await callback() } }
    return value
  }

  /// Waits for the IDs of what was put, and takes no more then; a write that was refused fails the
  /// transaction.
  private func settleWrites() async throws {
    while case .wait(let futures) = try writes.withLock({ writes throws(DatastoreError) in
      try writes.settle()
    }) {
      for future in futures { _ = try await future.value }
    }
  }

  private func commit() async throws {
    let (mutations, bytes) = writes.withLock { ($0.mutations, $0.bytes) }
    // A tasklet of its own, which cancelling this one does not reach.
    let future = Future("transaction commit") { [session, datastore] in
      await session.close()
      // Nothing was read and nothing is written.
      if mutations.isEmpty, session.id == nil { return }
      do {
        _ = try await session.commit(mutations, bytes: bytes)
        RequestContext.committed(mutations, isCertain: true, datastore)
      } catch let error as DatastoreError where error.code == .aborted {
        throw error
      } catch {
        RequestContext.committed(mutations, isCertain: false, datastore)
        await session.rollback()
        throw error
      }
    }
    try await future.result.get()
  }

  /// Closes the transaction, waits for its reads, and ends it, also when cancelled.
  private func end(_ body: @escaping @Sendable (Transaction) async -> Void) async {
    writes.withLock { $0.close() }
    await Future("end of a transaction") { [self] in
      await session.close()
      await body(self)
    }.wait()
  }
}

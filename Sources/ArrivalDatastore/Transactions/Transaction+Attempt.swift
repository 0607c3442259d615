// SPDX-License-Identifier: Apache-2.0
internal import Arrival

extension Transaction {
  /// The keys that it has read or written, over which other transactions can conflict with it.
  var touchedKeys: Set<Key> {
    Set(session.readKeys).union(writes.withLock { $0.mutations.compactMap(\.key) })
  }

  /// One attempt, from the first read to the last callback.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (Transaction) async throws -> Value
  ) async throws -> Value {
    do {
      let value = try await attempt(body)
      await complete(.success(()))
      return value
    } catch {
      await complete(.failure(error))
      throw error
    }
  }

  private func complete(_ outcome: Result<Void, any Error>) async {
    let callbacks = writes.withLock { $0.afterCompletion }
    if callbacks.isEmpty { return }
    await Self.$current.withValue(nil) {
      for callback in callbacks { await callback(outcome) }
    }
  }

  private func attempt<Value: Sendable>(
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
      // The closure may have thrown another error instead. The cause is the conflict.
      if let contention = session.contention { throw contention }
      throw error
    }
    let callbacks = writes.withLock { $0.afterCommit }
    var results: [MutationResult] = []
    if mode.isReadOnly {
      await end { await $0.session.rollback() }
    } else {
      results = try await commit()
    }
    // A callback may begin another transaction of the same entities.
    ticket?.leave()
    await Self.$current.withValue(nil) {
      for callback in callbacks { await call(callback, results) }
    }
    return value
  }

  private func call(_ callback: TransactionWrites.Callback, _ results: [MutationResult]) async {
    switch callback {
    case .body(let body): await body()
    case .hooks(let hooks, let mutation, let step):
      guard let key = mutation.key else { return }
      // Of other mutations, the results of merged ones would be taken.
      let result =
        mutation.conflictDetection == nil
        ? nil : writes.withLock { $0.result(of: key, step: step, in: results) }
      hooks.after(mutation, .success(key), result)
    }
  }

  /// Waits for the IDs of new entities, then accepts no more writes. A refused write fails the
  /// transaction.
  private func settleWrites() async throws {
    while case .wait(let futures) = try writes.withLock({ writes throws(DatastoreError) in
      try writes.settle()
    }) {
      for future in futures { _ = try await future.value }
    }
  }

  /// Commits; returns one result for each mutation.
  private func commit() async throws -> [MutationResult] {
    let (mutations, bytes) = writes.withLock { ($0.mutations, $0.bytes) }
    // In a separate tasklet, so that cancelling the transaction does not cancel the commit.
    let future = Future("transaction commit") { [session, core] in
      await session.close()
      // Nothing was read and nothing is written.
      if mutations.isEmpty, session.id == nil { return [MutationResult]() }
      do {
        let reply = try await session.commit(mutations, bytes: bytes)
        RequestContext.committed(mutations, reply.results, core)
        return reply.results
      } catch let error as DatastoreError where error.code == .aborted {
        throw error
      } catch {
        RequestContext.committed(mutations, nil, core)
        await session.rollback()
        throw error
      }
    }
    return try await future.result.get()
  }

  /// Closes the transaction, waits for its reads, and ends it, even if it was cancelled.
  private func end(_ body: @escaping @Sendable (Transaction) async -> Void) async {
    writes.withLock { $0.close() }
    await Future("end of a transaction") { [self] in
      await session.close()
      await body(self)
    }.wait()
  }
}

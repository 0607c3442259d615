// SPDX-License-Identifier: Apache-2.0
internal import Arrival

extension Transaction {
  /// The loop of every transaction: runs attempts until one commits or no other may follow.
  static func runAttempts<Value: Sendable>(
    _ mode: TransactionMode, _ retry: RetryPolicy, readsOwnWrites: Bool, _ core: DatastoreCore,
    _ contention: ContentionCoordinator,
    _ body: @escaping @Sendable (_ transaction: Transaction) async throws -> Value
  ) async throws -> Value {
    let executor = TaskletExecutor.current
    var attempts = TransactionAttempts(mode, retry, now: executor.now())
    let ticket =
      mode.isReadOnly ? nil : ContentionTicket(contention, limit: retry.maxDelay, on: executor)
    defer { ticket?.leave() }
    while true {
      let transaction = Transaction(
        core, attempts.mode, ticket, readsOwnWrites: readsOwnWrites)
      let begun = executor.now()
      do {
        return try await transaction.run(body)
      } catch {
        let hadTurn = ticket?.since.map { max(begun, $0) }
        let delay = try attempts.next(
          after: error, transaction.session.id, now: executor.now(), turn: hadTurn,
          random: .random(in: 0..<1))
        guard let delay else { throw error }
        core.counters.transactionRepeated()
        ticket?.take(transaction.touchedKeys)
        // The transaction it conflicted with is probably ahead in the queue. If none is or was, the
        // conflict came from another process.
        let hasWaited = try await ticket?.wait() ?? false
        if hadTurn != nil || !hasWaited { try await Future.sleep(for: delay).value }
      }
    }
  }
}

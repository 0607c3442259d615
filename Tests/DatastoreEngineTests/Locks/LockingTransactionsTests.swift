// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import Testing

@testable import DatastoreEngine

@Suite struct LockingTransactionsTests {
  private let start = ContinuousClock.now

  private func transaction(_ number: Int) -> LockingTransactions.Transaction {
    LockingTransactions.Transaction(
      id: TransactionID(bytes: [UInt8(number)]), owner: LockTable.Owner(number: number),
      isChecked: false)
  }

  @Test func `A transaction ends a minute after its last use, and not before`() {
    var open = LockingTransactions()
    let (old, used) = (transaction(1), transaction(2))
    open.add(old, now: start)
    open.add(used, now: start)
    _ = open.use(used.id)
    open.leave(used.id, now: start + .seconds(30))
    #expect(open.removeIdle(now: start + .seconds(60)).isEmpty)
    #expect(open.removeIdle(now: start + .seconds(61)) == [old])
    #expect(open.removeIdle(now: start + .seconds(90)).isEmpty)
    #expect(open.removeIdle(now: start + .seconds(91)) == [used])
  }

  @Test func `A transaction with a request under way is not idle`() {
    var open = LockingTransactions()
    let first = transaction(1)
    open.add(first, now: start)
    #expect(open.use(first.id) == first)
    #expect(open.removeIdle(now: start + .seconds(600)).isEmpty)
    open.leave(first.id, now: start + .seconds(600))
    #expect(open.remove(first.id) == first)
    #expect(open.use(first.id) == nil)
    open.leave(first.id, now: start + .seconds(601))
    #expect(!open.isOpen(first.id))
  }
}

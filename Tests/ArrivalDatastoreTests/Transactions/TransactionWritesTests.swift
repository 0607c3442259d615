// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@testable import ArrivalDatastore

/// What counts towards the limits of a transaction.
@Suite struct TransactionWritesTests {
  private func entity(_ id: Int64) -> Entity { Entity(Key("Thing", id: id)) }

  private func isClosed(_ writes: inout TransactionWrites) throws -> Bool {
    if case .closed = try writes.settle() { true } else { false }
  }

  @Test func `A write that replaces another of its key takes its place`() throws {
    var writes = TransactionWrites()
    try writes.add(.upsert(entity(1)), bytes: Limits.requestBytes)
    try writes.add(.upsert(entity(2)), bytes: 5)
    try writes.add(.delete(Key("Thing", id: 1)), bytes: 3)
    #expect(writes.bytes == 8)
    #expect(writes.mutations == [.delete(Key("Thing", id: 1)), .upsert(entity(2))])
    #expect(try isClosed(&writes))
  }

  @Test func `A transaction at exactly the limits is committed, and a larger one is refused`()
    throws
  {
    var writes = TransactionWrites()
    for id in 1..<Int64(Limits.commitMutations) { try writes.add(.upsert(entity(id)), bytes: 1) }
    var full = writes
    let last = entity(Int64(Limits.commitMutations))
    try full.add(.upsert(last), bytes: Limits.requestBytes - full.mutations.count)
    #expect(full.mutations.count == Limits.commitMutations && full.bytes == Limits.requestBytes)
    #expect(try isClosed(&full))
    try writes.add(.upsert(last), bytes: Limits.requestBytes - writes.mutations.count + 1)
    #expect(throws: DatastoreError.self) { try writes.settle() }
  }

  @Test func `A callback that is added after the writes closed never runs`() throws {
    var writes = TransactionWrites()
    writes.addCallback {}
    #expect(try isClosed(&writes))
    writes.addCallback {}
    #expect(writes.afterCommit.count == 1)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@testable import ArrivalDatastore

/// Lookups that a context's table keeps, and lookups that may be older than a change.
@Suite struct ContextLookupTests {
  private let key = Key("K", id: 1)

  private func entity(_ value: Int64, _ key: Key? = nil) -> Future<Entity?> {
    Future(value: Entity(key ?? self.key, ["v": .indexed(.integer(value))]))
  }

  private func value(_ table: inout ContextTable, _ key: Key? = nil) throws -> Value? {
    guard case .hit(let future) = table.get(key ?? self.key, fresh: false) else { return nil }
    return try future.getResult()?["v"]
  }

  private func ticket(_ table: inout ContextTable, fresh: Bool = false) throws -> Int {
    guard case .load(let ticket) = table.get(key, fresh: fresh) else {
      throw DatastoreError(.internal, "a lookup was expected")
    }
    return ticket
  }

  @Test func `A lookup that began before two overlapping writes is not kept after them`() throws {
    var table = ContextTable(capacity: 9)
    let early = try ticket(&table)
    let tokens = [table.put(entity(1), key), table.put(entity(2), key)]
    for token in tokens { table.written(key, token, isWritten: true) }
    _ = table.loaded(entity(0), key, early)
    #expect(try value(&table) == nil)
    // One that begins now has seen both.
    let late = try ticket(&table)
    _ = table.loaded(entity(2), key, late)
    #expect(try value(&table) == 2)
  }

  @Test func `A lookup that began before a write is not kept after it, if the write was evicted`()
    throws
  {
    var table = ContextTable(capacity: 1)
    let early = try ticket(&table)
    table.written(key, table.put(entity(1), key), isWritten: true)
    let other = Key("K", id: 2)
    table.written(other, table.put(entity(2, other), other), isWritten: true)
    #expect(table.count == 1)
    _ = table.loaded(entity(0), key, early)
    #expect(try value(&table) == nil)
  }

  @Test func `A lookup that began before an uncertain commit is not kept after it`() throws {
    var table = ContextTable(capacity: 9)
    let early = try ticket(&table)
    table.remove(key)
    _ = table.loaded(entity(0), key, early)
    #expect(try value(&table) == nil)
  }

  @Test func `A second lookup of a key uses the one in flight, unless that fails`() throws {
    var table = ContextTable(capacity: 9)
    let tickets = [try ticket(&table), try ticket(&table)]
    _ = table.loaded(entity(1), key, tickets[0])
    #expect(try table.loaded(entity(2), key, tickets[1]).getResult()?["v"] == 1)

    var other = ContextTable(capacity: 9)
    let later = [try ticket(&other), try ticket(&other)]
    let first = Promise<Entity?>()
    _ = other.loaded(first.future, key, later[0])
    first.fail(DatastoreError(.unavailable, "gone"))
    _ = first.future.getException()
    #expect(try other.loaded(entity(2), key, later[1]).getResult()?["v"] == 2)
    #expect(try value(&other) == 2)
  }

  @Test func `A failed lookup is not a cache hit`() throws {
    var table = ContextTable(capacity: 9)
    let failed = Future<Entity?>(error: DatastoreError(.unavailable, "gone"))
    _ = failed.getException()
    _ = table.loaded(failed, key, try ticket(&table))
    _ = table.loaded(entity(2), key, try ticket(&table))
    #expect(try value(&table) == 2)
  }

  @Test func `A write in flight is never evicted`() throws {
    var table = ContextTable(capacity: 1)
    let token = table.put(entity(1), key)
    for id in 2...9 as ClosedRange<Int64> {
      let other = Key("K", id: id)
      guard case .load(let ticket) = table.get(other, fresh: false) else { continue }
      _ = table.loaded(entity(id, other), other, ticket)
      #expect(try value(&table) == 1)
    }
    table.written(key, token, isWritten: true)
    #expect(table.count == 1)
  }

  @Test func `Completed writes take no more room than the capacity`() {
    var table = ContextTable(capacity: 1)
    let keys = (1...3).map { Key("K", id: $0) }
    let tokens = keys.map { table.put(entity(1, $0), $0) }
    #expect(table.count == 3)
    for (key, token) in zip(keys, tokens) { table.written(key, token, isWritten: true) }
    #expect(table.count == 1)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@testable import ArrivalDatastore

/// The table of a context by itself: two writers of one key, in the orders in which they can meet.
@Suite struct ContextTableTests {
  private let key = Key("K", id: 1)

  private func entity(_ value: Int64) -> Future<Entity?> {
    Future(value: Entity(key, ["v": .indexed(.integer(value))]))
  }

  private func value(_ table: inout ContextTable) throws -> Value? {
    guard case .hit(let future) = table.get(key, fresh: false) else { return nil }
    return try future.getResult()?["v"]
  }

  @Test
  func `A write over one in flight is visible, and the entity is looked up again afterwards`()
    throws
  {
    for firstEndsFirst in [true, false] {
      var table = ContextTable(capacity: 9)
      // The store may have taken the two in the other order, and then it holds what the first
      // wrote.
      let tokens = [table.put(entity(1), key), table.put(entity(2), key)]
      #expect(try value(&table) == 2)
      for token in firstEndsFirst ? tokens : tokens.reversed() {
        #expect(try value(&table) == 2)
        table.written(key, token, isWritten: true)
      }
      #expect(try value(&table) == nil)
      #expect(table.count == 0)
    }
  }

  @Test func `A lookup that began while two writes were under way is not kept`() throws {
    var table = ContextTable(capacity: 9)
    let tokens = [table.put(entity(1), key), table.put(entity(2), key)]
    table.written(key, tokens[1], isWritten: false)
    // What the second would have written is not there; what the first did is not known.
    guard case .load(let ticket) = table.get(key, fresh: false) else {
      Issue.record("a lookup was expected")
      return
    }
    _ = table.loaded(entity(0), key, ticket)
    #expect(try value(&table) == nil)
    table.written(key, tokens[0], isWritten: true)
    #expect(try value(&table) == nil)
  }

  @Test func `A write that begins after another ended is cached`() throws {
    var table = ContextTable(capacity: 9)
    for number in 1...3 as ClosedRange<Int64> {
      let token = table.put(entity(number), key)
      table.written(key, token, isWritten: true)
      #expect(try value(&table) == .integer(number))
    }
    let tokens = [table.put(entity(4), key), table.put(entity(5), key)]
    for token in tokens { table.written(key, token, isWritten: true) }
    let token = table.put(entity(6), key)
    table.written(key, token, isWritten: true)
    #expect(try value(&table) == 6)
  }

  @Test func `A transaction's write beside another write in flight is not cached`() throws {
    var table = ContextTable(capacity: 9)
    let put = table.put(entity(1), key)
    let committed = table.put(entity(2), key)
    table.written(key, committed, isWritten: true)
    #expect(try value(&table) == 2)
    table.written(key, put, isWritten: true)
    #expect(try value(&table) == nil)

    let other = table.put(entity(3), key)
    table.remove(key)
    guard case .load(let ticket) = table.get(key, fresh: false) else {
      Issue.record("a lookup was expected")
      return
    }
    _ = table.loaded(entity(0), key, ticket)
    table.written(key, other, isWritten: true)
    #expect(try value(&table) == nil)
  }
}

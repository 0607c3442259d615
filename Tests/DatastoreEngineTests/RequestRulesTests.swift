// SPDX-License-Identifier: Apache-2.0
import DatastoreEngine
import DatastoreModel
import Testing

@Suite struct RequestRulesTests {
  private let key = Key("Thing", id: 1)
  private let fresh = Key(incomplete: "Thing")

  private func code(_ check: () throws -> Void) -> DatastoreError.Code? {
    do {
      try check()
      return nil
    } catch {
      return (error as? DatastoreError)?.code
    }
  }

  @Test func `A lookup takes up to 1,000 complete keys`() {
    #expect(code { try RequestRules.check(lookup: Array(repeating: key, count: 1_000)) } == nil)
    #expect(
      code { try RequestRules.check(lookup: Array(repeating: key, count: 1_001)) }
        == .invalidArgument)
    #expect(code { try RequestRules.check(lookup: [fresh]) } == .invalidArgument)
  }

  @Test func `A commit takes up to 100,000 mutations of different keys`() {
    func upserts(_ count: Int64) -> [Mutation] {
      (0..<count).map { .upsert(Entity(Key("Thing", id: $0 + 1))) }
    }
    #expect(code { try RequestRules.check(commit: upserts(100_000)) } == nil)
    #expect(code { try RequestRules.check(commit: upserts(100_001)) } == .invalidArgument)
    #expect(
      code { try RequestRules.check(commit: [.upsert(Entity(key)), .delete(key)]) }
        == .invalidArgument)
    // Each of them gets an ID of its own.
    #expect(
      code { try RequestRules.check(commit: [.insert(Entity(fresh)), .insert(Entity(fresh))]) }
        == nil)
  }

  @Test func `IDs are allocated for incomplete keys and reserved for complete ones`() {
    #expect(code { try RequestRules.check(allocation: [fresh]) } == nil)
    #expect(code { try RequestRules.check(allocation: [fresh, key]) } == .invalidArgument)
    #expect(code { try RequestRules.check(reservation: [key]) } == nil)
    #expect(code { try RequestRules.check(reservation: [key, fresh]) } == .invalidArgument)
    let many = Array(repeating: fresh, count: 501)
    #expect(code { try RequestRules.check(allocation: many) } == .invalidArgument)
  }

  @Test func `An insert needs a free key, and an update an existing entity`() {
    let entity = Entity(key)
    func code(_ mutation: Mutation, exists: Bool) -> DatastoreError.Code? {
      self.code { try RequestRules.check(mutation, of: key, exists: exists) }
    }
    #expect(code(.insert(entity), exists: true) == .alreadyExists)
    #expect(code(.insert(entity), exists: false) == nil)
    #expect(code(.update(entity), exists: false) == .notFound)
    #expect(code(.update(entity), exists: true) == nil)
    for exists in [false, true] {
      #expect(code(.upsert(entity), exists: exists) == nil)
      #expect(code(.delete(key), exists: exists) == nil)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import DatastoreEngine
import DatastoreModel
import Testing

@Suite struct MutationFoldingTests {
  private let key = Key("Task", id: 1)
  private var first: Entity { Entity(key, ["n": .init(.integer(1))]) }
  private var last: Entity { Entity(key, ["n": .init(.integer(2))]) }

  @Test func `Mutations of different and of incomplete keys stay as they are`() throws {
    let mutations: [Mutation] = [
      .upsert(first), .insert(Entity(Key(incomplete: "Task"), [:])),
      .insert(Entity(Key(incomplete: "Task"), [:])),
      .delete(Key("Task", id: 2)),
    ]
    let folding = try MutationFolding(mutations)
    #expect(folding.mutations == mutations)
    #expect(folding.indexes == [0, 1, 2, 3])
  }

  @Test func `The last state of an entity is written`() throws {
    let pairs: [([Mutation], Mutation)] = [
      ([.insert(first), .update(last)], .insert(last)),
      ([.update(first), .update(last)], .update(last)),
      ([.upsert(first), .update(last)], .upsert(last)),
      ([.delete(key), .insert(last)], .upsert(last)),
      ([.delete(key), .delete(key)], .delete(key)),
      ([.upsert(first), .delete(key)], .delete(key)),
    ]
    for (given, folded) in pairs {
      let folding = try MutationFolding(given)
      #expect(folding.mutations == [folded])
      #expect(folding.indexes == [0, 0])
    }
  }

  @Test func `Sequences that the API forbids are refused`() {
    for given: [Mutation] in [
      [.insert(first), .insert(last)], [.update(first), .insert(last)],
      [.upsert(first), .insert(last)], [.delete(key), .update(last)],
    ] {
      let error = #expect(throws: DatastoreError.self) { try MutationFolding(given) }
      #expect(error?.code == .invalidArgument)
    }
  }
}

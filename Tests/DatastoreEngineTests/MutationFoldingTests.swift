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
    let results = (1...4).map { MutationResult(key, version: $0) }
    #expect(folding.results(results) == results)
  }

  @Test func `The last state of an entity is written`() throws {
    let pairs: [([Mutation], Mutation)] = [
      ([.insert(first), .update(last)], .insert(last)),
      ([.update(first), .update(last)], .update(last)),
      ([.upsert(first), .update(last)], .upsert(last)),
      ([.delete(key), .delete(key)], .delete(key)),
      ([.upsert(first), .delete(key)], .delete(key)),
    ]
    for (given, folded) in pairs {
      let folding = try MutationFolding(given)
      #expect(folding.mutations == [folded])
      let result = MutationResult(key, version: 7)
      #expect(folding.results([result]) == [result, result])
    }
  }

  @Test func `Changes that one mutation cannot express stay steps of it, with their results`()
    throws
  {
    let transform = Mutation.transform(key, [PropertyTransform("n", .increment(1))])
    let guarded = Mutation(.update(last), conflictDetection: .baseVersion(7))
    for given: [Mutation] in [
      [.insert(first), .delete(key)], [.update(first), .delete(key)],
      [.delete(key), .insert(last)], [.delete(key), .upsert(last)], [transform, .upsert(last)],
      [transform, transform, .delete(key)], [guarded, .upsert(last)], [.upsert(first), guarded],
    ] {
      let folding = try MutationFolding(given)
      #expect(folding.mutations.map(\.steps) == [given])
      #expect(folding.mutations.map(\.dependsOnStoredEntity) == [true])
      var result = MutationResult(key, transformResults: [9])
      result.earlier = given.indices.dropLast().map {
        MutationResult(key, transformResults: [.integer(Int64($0))])
      }
      let computed = folding.results([result]).map(\.transformResults)
      #expect(
        computed
          == given.enumerated().map { index, mutation in
            mutation.propertyTransforms.isEmpty
              ? [] : [index == given.count - 1 ? 9 : .integer(Int64(index))]
          })
    }
  }

  @Test func `A long list of steps takes time in proportion to its length`() throws {
    let transform = Mutation.transform(key, [PropertyTransform("n", .increment(1))])
    let folding = try MutationFolding(Array(repeating: transform, count: 100_000))
    #expect(folding.mutations.first?.earlier.count == 99_999)
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

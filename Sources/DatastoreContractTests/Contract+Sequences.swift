// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreEngine

extension DatastoreContract {
  /// Rules for several changes of one entity in one commit of a transaction.
  static let sequenceCases: [Case] = [
    Case("Two changes of one entity in a transaction take effect in order, or fail as the API says")
    {
      scene in
      var count = 0
      let states: [[String: Int64]?] = [nil, ["value": 100, "kept": 7]]
      for stored in states {
        for first in Change.allCases {
          for second in Change.allCases {
            count += 1
            try await scene.check([first, second], from: stored, "\(count)")
          }
        }
      }
    },
    Case("Random sequences of changes of one entity in a transaction take effect in order") {
      scene in
      var random = SeededGenerator(seed: 5)
      for count in 0..<40 {
        let stored: [String: Int64]? = random.number(0...1) == 0 ? nil : ["value": 1, "kept": 1]
        let changes = (0..<random.number(3...6)).map { _ in random.element(Change.allCases) }
        try await scene.check(changes, from: stored, "\(count)")
      }
    },
    Case("An entity that is deleted and written in one commit has a new create time") { scene in
      let first = try await scene.backend.commit([.insert(scene.entity("a", 1))]).results[0]
      let folding = try MutationFolding([
        .delete(scene.key("a")), .insert(scene.entity("a", 2)),
      ])
      _ = try await scene.backend.commit(folding.mutations, in: .begin(.readWrite()))
      guard let old = first.createTime, let found = try await scene.lookup(scene.key("a")),
        let new = found.createTime
      else { throw ContractViolation(expected: "create times", found: "\(first)") }
      try scene.expect(found["value"], equals: 2, "the value")
      try scene.expect(old < new, equals: true, "\(old) is before \(new)")
      try scene.expect(found.updateTime, equals: new, "the update time")
    },
  ]

  /// A change of an entity with the properties `value` and `kept`.
  fileprivate enum Change: CaseIterable {
    case insert, update, upsert, maskedUpdate, transform, maskedUpsertWithTransform, delete

    func mutation(_ key: Key, _ value: Int64) -> Mutation {
      let entity = Entity(key, ["value": .indexed(.integer(value))])
      let increment = PropertyTransform("kept", .increment(1))
      return switch self {
      case .insert: .insert(entity)
      case .update: .update(entity)
      case .upsert: .upsert(entity)
      case .maskedUpdate: Mutation(.update(entity), propertyMask: ["value"])
      case .transform: .transform(key, [PropertyTransform("value", .increment(10))])
      case .maskedUpsertWithTransform:
        Mutation(.upsert(entity), propertyMask: ["value"], propertyTransforms: [increment])
      case .delete: .delete(key)
      }
    }

    private var isUpdate: Bool { [.update, .maskedUpdate, .transform].contains(self) }

    /// What the API forbids in one commit.
    func forbids(_ next: Change) -> Bool { self == .delete ? next.isUpdate : next == .insert }

    func apply(
      _ value: Int64, to stored: inout [String: Int64]?
    ) throws(DatastoreError) -> [Value] {
      if self == .insert, stored != nil { throw DatastoreError(.alreadyExists, "") }
      if isUpdate, stored == nil { throw DatastoreError(.notFound, "") }
      switch self {
      case .insert, .update, .upsert: stored = ["value": value]
      case .maskedUpdate: stored?["value"] = value
      case .transform:
        let sum = (stored?["value"] ?? 0) + 10
        stored?["value"] = sum
        return [.integer(sum)]
      case .maskedUpsertWithTransform:
        let sum = (stored?["kept"] ?? 0) + 1
        stored = ["value": value, "kept": sum]
        return [.integer(sum)]
      case .delete: stored = nil
      }
      return []
    }
  }
}

extension ContractScene {
  /// Commits changes of one entity in a transaction, and compares with what each alone would do.
  fileprivate func check(
    _ changes: [DatastoreContract.Change], from stored: [String: Int64]?, _ name: String
  ) async throws {
    let key = key(name)
    func entity(_ values: [String: Int64]) -> Entity {
      Entity(key, Entity.Properties(values.map { ($0.key, .indexed(.integer($0.value))) }))
    }
    if let stored {
      try await commit(.upsert(entity(stored)))
    } else {
      try await commit(.delete(key))
    }

    var state = stored
    var computed: [[Value]] = []
    var code: DatastoreError.Code?
    do throws(DatastoreError) {
      for (index, change) in changes.enumerated() {
        computed.append(try change.apply(Int64(index), to: &state))
      }
    } catch {
      code = error.code
      state = stored
    }
    if zip(changes, changes.dropFirst()).contains(where: { $0.forbids($1) }) {
      code = .invalidArgument
      state = stored
    }
    let what = "\(changes) of \(stored.map { "\($0)" } ?? "no entity")"
    do {
      let folding = try MutationFolding(
        changes.enumerated().map { $1.mutation(key, Int64($0)) })
      let reply = try await backend.commit(folding.mutations, in: .begin(.readWrite()))
      try expect(code, equals: nil, what)
      let results = folding.results(reply.results)
      try expect(results.map(\.transformResults), equals: computed, "the results of \(what)")
      try expect(results.map(\.key), equals: changes.map { _ in key }, "the keys of \(what)")
    } catch let error as DatastoreError {
      try expect(error.code, equals: code, "\(what): \(error)")
    }
    try expect(try await lookup(key), equals: state.map(entity), what)
  }
}

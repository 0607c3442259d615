// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let concurrencyCases: [Case] = [
    Case("Concurrent commits and lookups lose nothing") { scene in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<16 {
          group.addTask {
            for round in 0..<10 {
              let entity = scene.entity("\(task)-\(round)", .integer(Int64(round)))
              try await scene.commit(.insert(entity))
              try scene.expect(
                try await scene.lookup(scene.key("\(task)-\(round)")), equals: entity,
                "what this task has just written")
            }
          }
        }
        try await group.waitForAll()
      }
      let keys = (0..<16).flatMap { task in (0..<10).map { scene.key("\(task)-\($0)") } }
      try scene.expect(try await scene.lookup(keys).count, equals: 160, "all entities")
    },
    Case("A lookup during commits sees all of a commit or nothing of it") { scene in
      let keys = ["a", "b", "c"].map { scene.key($0) }
      @Sendable func mutations(_ round: Int64) -> [Mutation] {
        keys.map { .upsert(Entity($0, ["round": .indexed(.integer(round))])) }
      }
      try await scene.commit(all: mutations(0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for round in 1...100 { try await scene.commit(all: mutations(Int64(round))) }
        }
        group.addTask {
          for _ in 0..<100 {
            let rounds = Set(try await scene.lookup(keys).values.map { $0["round"] })
            try scene.expect(rounds.count, equals: 1, "one state of all three")
          }
        }
        try await group.waitForAll()
      }
    },
    Case("Of many concurrent inserts of one key, one succeeds") { scene in
      let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
        for task in 0..<16 {
          group.addTask {
            do {
              try await scene.commit(.insert(scene.entity("a", .integer(Int64(task)))))
              return true
            } catch let error as DatastoreError where error.code == .alreadyExists {
              return false
            }
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      try scene.expect(winners, equals: 1, "winners")
    },
  ]
}

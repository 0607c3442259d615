// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Waits as long as the usual policy, because a server that locks needs the waits. More attempts,
  /// because a slow server refuses many.
  private static var patient: RetryPolicy {
    var policy = RetryPolicy.contention
    policy.maxRetries = 1_000
    policy.timeLimit = .seconds(600)
    return policy
  }

  /// - Parameter programs: The number of programs, each of which knows only its own transactions.
  private static func addTwelve(_ scene: ContractScene, programs: Int) async throws {
    try await scene.commit(.upsert(scene.entity("sum", 0)))
    let datastores = (0..<programs).map { _ in Datastore(backend: scene.backend) }
    let futures = (0..<12).map { number in
      datastores[number % programs].transaction(retry: patient) { tx in
        let old = try await tx.get(scene.key("sum")).value?["value"]?.integerValue
        tx.put(scene.entity("sum", .integer((old ?? 0) + 1)))
      }
    }
    for future in futures { try await future.value }
    try scene.expect(
      try await scene.lookup(scene.key("sum"))?["value"], equals: 12, "the sum")
  }

  /// Rules for a `Datastore` on the backend, as programs use it.
  static let programTransactionCases: [Case] = [
    Case("Concurrent transactions that add to one number lose nothing") { scene in
      try await addTwelve(scene, programs: 1)
    },
    Case("Concurrent transactions of four programs that add to one number lose nothing") { scene in
      try await addTwelve(scene, programs: 4)
    },
    Case("Transactions that move money at random keep the sum in every state that is seen") {
      scene in
      let names = ["a", "b", "c", "d"]
      try await scene.commit(all: names.map { .upsert(scene.entity($0, 100)) })
      @Sendable func value(_ entity: Entity?) -> Int64 { entity?["value"]?.integerValue ?? 0 }
      try await scene.withDatastore { datastore in
        let futures = (0..<4).flatMap { task in
          [
            Future {
              var random = SeededGenerator(seed: UInt64(task))
              for _ in 0..<5 {
                let from = random.element(names)
                let to = random.element(names.filter { $0 != from })
                let amount = Int64(random.number(1...20))
                try await datastore.transaction(retry: patient) { tx in
                  let old = tx.get(scene.key(from))
                  let new = tx.get(scene.key(to))
                  let left = value(try await old.value) - amount
                  tx.put(scene.entity(from, .integer(left)))
                  tx.put(scene.entity(to, .integer(value(try await new.value) + amount)))
                }.value
              }
            },
            datastore.transaction(.readOnly(), retry: patient) { tx in
              let half = try await Future.all(names.prefix(2).map { tx.get(scene.key($0)) }).value
              let rest = try await Future.all(names.suffix(2).map { tx.get(scene.key($0)) }).value
              let sum = (half + rest).reduce(0) { $0 + value($1) }
              try scene.expect(sum, equals: 400, "the sum in one state")
            },
          ]
        }
        for future in futures { try await future.value }
      }
      let found = try await scene.lookup(names.map { scene.key($0) })
      try scene.expect(found.values.reduce(0) { $0 + value($1) }, equals: 400, "the sum")
    },
    Case("A put that a transaction does not await is written, and its reads do not see it") {
      scene in
      try await scene.commit(.upsert(scene.entity("a", 1)), .upsert(scene.entity("b", 1)))
      try await scene.withDatastore { datastore in
        let seen = try await datastore.transaction { tx in
          tx.put(scene.entity("a", 2))
          tx.delete(scene.key("b"))
          let found = try await Future.all([tx.get(scene.key("a")), tx.get(scene.key("b"))]).value
          let query = Query(scene.request(.ancestor(scene.key("a"))))
          return (found, try await tx.query(query).fetch().value)
        }.value
        let old = [scene.entity("a", 1), scene.entity("b", 1)]
        try scene.expect(seen.0, equals: old, "what it reads")
        try scene.expect(seen.1, equals: [old[0]], "what it finds")
      }
      let found = try await scene.lookup(["a", "b"].map { scene.key($0) })
      try scene.expect(found, equals: [scene.key("a"): scene.entity("a", 2)], "what it wrote")
    },
    Case("A transaction that throws writes nothing and fails with the thrown error") { scene in
      struct Regret: Error, Equatable { var number: Int }
      try await scene.withDatastore { datastore in
        let future = datastore.transaction { tx in
          _ = try await tx.get(scene.key("a")).value
          _ = try await tx.put(scene.entity("a", 1)).value
          throw Regret(number: 7)
        }
        guard case .failure(let error) = await future.result else {
          throw ContractViolation(expected: "a failure", found: "success")
        }
        try scene.expect(error as? Regret, equals: Regret(number: 7), "the error")
      }
      try scene.expect(try await scene.lookup(scene.key("a")), equals: nil, "nothing")
    },
    Case("A new entity has its ID already inside the transaction") { scene in
      try await scene.withDatastore { datastore in
        let parent = Key(incomplete: "Thing", namespace: scene.namespace)
        let (key, child) = try await datastore.transaction { tx in
          let key = try await tx.put(Entity(parent, ["value": 1])).value
          let child = Entity(Key("Child", name: "c", parent: key), ["value": 2])
          return (key, try await tx.put(child).value)
        }.value
        let found = try await scene.lookup([key, child])
        try scene.expect(found[key]?["value"], equals: 1, "the parent")
        try scene.expect(found[child]?["value"], equals: 2, "the child")
      }
    },
  ]
}

// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for datastores and contexts that are confined to a namespace.
  static let tenantCases: [Case] = [
    Case("Two tenants never see each other through any read") { scene in
      for name in ["a", "b"] { try await scene.store(for: name) }
      for name in ["a", "b"] {
        try await scene.confined(to: name) { try await scene.expectReads($0, in: name) }
      }
    },
    Case("Two tenants never change each other through any write") { scene in
      for name in ["a", "b"] { try await scene.store(for: name) }
      try await scene.confined(to: "a") { datastore in
        for key in try await scene.write(to: datastore) {
          try scene.expect(key.namespace, equals: "\(scene.namespace)-a", "the tenant of a key")
        }
        try await datastore.delete([Key("Note", id: 1), Key("Note", id: 2)]).value
        try scene.expect(
          try await datastore.query(Query(kind: "Note")).fetch().value, equals: [], "nothing")
      }
      try await scene.confined(to: "b") { try await scene.expectReads($0, in: "b") }
    },
  ]
}

extension ContractScene {
  /// The namespace of a tenant.
  private func space(_ tenant: String) -> String { "\(namespace)-\(tenant)" }

  private func note(_ tenant: String) -> Entity {
    Entity(
      Key("Note", id: 1, namespace: space(tenant)),
      [
        "owner": .indexed(.string(tenant)), "n": 1,
        "next": .indexed(.key(Key("Note", id: 2, namespace: space(tenant)))),
      ])
  }

  fileprivate func store(for tenant: String) async throws {
    try await commit(.upsert(note(tenant)))
  }

  /// Runs `body` with a datastore of a tenant, and with another one in a context of the tenant.
  fileprivate func confined(
    to tenant: String, _ body: (Datastore) async throws -> Void
  ) async throws {
    let configuration = DatastoreConfiguration(namespace: space(tenant))
    try await body(Datastore(backend: backend, configuration: configuration))
    // What the body has written.
    try await commit(.upsert(note(tenant)))
    let datastore = Datastore(backend: backend)
    try await datastore.withContext(.init(namespace: space(tenant))) { try await body(datastore) }
  }

  fileprivate func expectReads(_ datastore: Datastore, in tenant: String) async throws {
    let (key, expected) = (Key("Note", id: 1), note(tenant))
    let all = Query(kind: "Note")
    func expect(_ what: String, _ found: [Entity?]) throws {
      try self.expect(found, equals: Array(repeating: expected, count: found.count), what)
      try self.expect(found.isEmpty, equals: false, what)
    }
    let limited = datastore.with(timeLimit: .seconds(60), retry: .temporaryFailures)
    try expect("get", [try await datastore.get(key).value])
    try expect("gets", try await datastore.get([key, key]).value)
    try expect("get with options", [try await datastore.get(key, options: ReadOptions()).value])
    try expect("fresh get", [try await datastore.get(key, fresh: true).value])
    try expect("get with limits", [try await limited.get(key).value])
    try expect("getOrInsert", [try await datastore.getOrInsert(Entity(key)).value])
    try expect("query", try await datastore.query(all).fetch().value)
    try expect("query with limits", try await limited.query(all).fetch().value)
    let optioned = datastore.query(all, options: ReadOptions())
    try expect("query with options", try await optioned.fetch().value)
    try expect("page", try await datastore.query(all).page(limit: 5).value.results)
    try expect("ancestor", try await datastore.query(all.ancestor(key)).fetch().value)
    let byValue = all.where(Property("next") == .key(Key("Note", id: 2)))
    try expect("filter", try await datastore.query(byValue).fetch().value)
    try expect("query of all kinds", try await datastore.query(Query()).fetch().value)
    try expect("GQL", try await datastore.gql("SELECT * FROM Note").fetch().value)
    let numbers = try await datastore.query(all).aggregate([.count(), .sum("n")]).value
    try self.expect(numbers, equals: [1, 1], "aggregations")
    let inTransaction = try await datastore.transaction { tx in
      let joined = datastore.joinTransaction { try await $0.get(key).value }
      return try await [tx.get(key).value, joined.value] + tx.query(all).fetch().value
    }.value
    try expect("transaction", inTransaction)
    try await expectOwnResults(datastore, tenant)
  }

  /// Begins at the cursor of the other tenant, which may be refused.
  private func expectOwnResults(_ datastore: Datastore, _ tenant: String) async throws {
    let other = Datastore(
      backend: backend, configuration: .init(namespace: space(tenant == "a" ? "b" : "a")))
    let all = Query(kind: "Note").order(by: Property("n"))
    let cursor = try await other.query(all).page(limit: 5).value.cursor
    let rest = datastore.query(all).page(limit: 5, after: cursor)
    guard let found = try? await rest.value.results else { return }
    for entity in found {
      try expect(entity.key?.namespace, equals: space(tenant), "the tenant after a cursor")
    }
  }

  /// Writes by every kind of call; returns the keys.
  fileprivate func write(to datastore: Datastore) async throws -> [Key] {
    let (key, new) = (Key("Note", id: 1), Key("Note", id: 2))
    let limited = datastore.with(timeLimit: .seconds(60), retry: .temporaryFailures)
    var keys = [
      try await datastore.put(Entity(key, ["n": 2])).value,
      try await datastore.update(Entity(key, ["n": 3])).value,
      try await datastore.insert(Entity(new)).value,
      try await limited.put(Entity(new, ["n": 4])).value,
      try await datastore.update(new, [PropertyTransform("n", .increment(1))]).value,
      try await datastore.mutate(.upsert(Entity(new))).value.key,
    ]
    keys += try await datastore.put([Entity(key), Entity(new)]).value
    keys += try await datastore.allocateIDs(for: Key(incomplete: "Note"), count: 2).value
    try await datastore.reserveIDs([key]).value
    keys += try await datastore.transaction { tx in
      let joined = datastore.joinTransaction { tx in try await tx.put(Entity(key)).value }
      return try await [tx.update(Entity(new, ["n": 5])).value, joined.value]
    }.value
    return keys
  }
}

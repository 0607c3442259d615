internal import Arrival
internal import Datastore
internal import DatastoreSQLite
internal import Foundation

/// First pages of 20 entities from a store of many.
struct Pages {
  private static let rounds = 400

  let count: Int
  /// Whether the filters with another property's order have indexes of both.
  let isIndexed: Bool

  func run() async throws {
    let scratch = try Scratch()
    let backend = try SQLiteBackend(path: scratch.path)
    let datastore = Datastore(backend: backend)
    try await fill(backend)
    if isIndexed { try await index(backend) }
    let all = Query(kind: "Account")
    let middle = Int64(count / 2)
    func filtered(_ property: String, _ value: String) -> Query<Entity> {
      all.where(Property(property) == .string(value))
    }
    let queries: [(String, (Int) -> Query<Entity>)] = [
      (
        "filter and order on one property",
        { _ in all.where(Property("balance") > .integer(middle)).order(by: "balance") }
      ),
      (
        "filter of 1 in 50, order on another property",
        { _ in filtered("city", "city 7").order(by: "balance") }
      ),
      (
        "filter of 1 in 1,000, order on another property",
        { _ in filtered("branch", "branch 7").order(by: "balance") }
      ),
      (
        "the same, another value each time",
        { filtered("branch", "branch \($0 * 37 % 1_000)").order(by: "balance") }
      ),
      (
        "filter of 1 in 10,000, order on another property",
        { _ in filtered("street", "street 7").order(by: "balance") }
      ),
      (
        "two filters, in the order of keys",
        { _ in filtered("city", "city 7").where(Property("branch") == "branch 7") }
      ),
      ("in the order of keys", { _ in all }),
    ]
    print("first page of 20 from \(count) entities\(isIndexed ? ", with indexes of two" : "")")
    for (name, query) in queries {
      let times = try await times(query, datastore)
      let median = times[times.count / 2]
      // Where others use the machine too, the fastest tenth says more.
      let early = times[times.count / 10]
      print("  \(name): median \(Int(median * 1e6)) µs, fastest tenth \(Int(early * 1e6)) µs")
    }
    try await datastore.close()
  }

  private func index(_ backend: SQLiteBackend) async throws {
    let before = try await backend.fileBytes()
    for name in ["city", "branch"] {
      let time = try await ContinuousClock().measure {
        try await backend.createIndex(
          .init(kind: "Account", [QueryOrder(name), QueryOrder("balance")]))
      }
      print("index of \(name) and balance made in \(time)")
    }
    let bytes = try await backend.fileBytes() - before
    print("  \(bytes / count / 2) bytes of file an entity and index")
  }

  private func times(
    _ query: (Int) -> Query<Entity>, _ datastore: Datastore
  ) async throws -> [Double] {
    var times: [Double] = []
    for round in 0..<Self.rounds {
      let query = query(round).limit(20)
      let start = ContinuousClock.now
      let found = try await datastore.query(query).fetch().value
      times.append((ContinuousClock.now - start).seconds)
      if found.isEmpty { fatalError("no results") }
    }
    return times.sorted()
  }

  private func fill(_ backend: SQLiteBackend) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, start) in stride(from: 0, to: count, by: 500).enumerated() {
        // The backend joins those that wait.
        if number >= 16 { try await group.next() }
        let mutations = (start..<min(start + 500, count)).map { Mutation.insert(entity($0)) }
        group.addTask { _ = try await backend.commit(mutations) }
      }
      try await group.waitForAll()
    }
  }

  private func entity(_ i: Int) -> Entity {
    Entity(
      Key("Account", id: Int64(i + 1)),
      [
        "balance": .indexed(.integer(Int64(i * 7_919 % count))),
        "city": .indexed(.string("city \(i % 50)")),
        "branch": .indexed(.string("branch \(i % 1_000)")),
        "street": .indexed(.string("street \(i % 10_000)")),
        "name": .unindexed(.string("account number \(i)")),
      ])
  }
}

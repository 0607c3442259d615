// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreSQLite
internal import Foundation

/// Measures first pages of 20 entities from a large store, or from several stores in turns.
struct Pages {
  private static let rounds = 400

  let counts: [Int]
  /// Whether the queries that filter and order by different properties have an index of both.
  let isIndexed: Bool

  /// A store and its temporary file.
  private struct Store {
    let count: Int
    let scratch: Scratch
    let datastore: Datastore
  }

  private struct Question {
    let name: String
    let query: (_ count: Int, _ round: Int) -> Query<Entity>
  }

  func run() async throws {
    var stores: [Store] = []
    for count in counts {
      let scratch = try Scratch()
      let backend = try SQLiteBackend(path: scratch.path)
      try await fill(backend, count)
      if isIndexed { try await index(backend, count) }
      stores.append(
        Store(count: count, scratch: scratch, datastore: Datastore(backend: backend)))
    }
    print("first page of 20\(isIndexed ? ", with indexes of two" : "")")
    for question in Self.questions { try await ask(question, stores) }
    for store in stores { try await store.datastore.close() }
  }

  private static var questions: [Question] {
    let all = Query(kind: "Account")
    func filtered(_ property: String, _ value: String) -> Query<Entity> {
      all.where(Property(property) == .string(value))
    }
    return [
      Question(name: "filter and order on one property") { count, _ in
        all.where(Property("balance") > .integer(Int64(count / 2))).order(by: "balance")
      },
      Question(name: "filter of 1 in 50, order on another property") { _, _ in
        filtered("city", "city 7").order(by: "balance")
      },
      Question(name: "filter of 1 in 1,000, order on another property") { _, _ in
        filtered("branch", "branch 7").order(by: "balance")
      },
      Question(name: "the same, another value each time") { _, round in
        filtered("branch", "branch \(round * 37 % 1_000)").order(by: "balance")
      },
      Question(name: "filter of 1 in 10,000, order on another property") { _, _ in
        filtered("street", "street 7").order(by: "balance")
      },
      Question(name: "two filters, in the order of keys") { _, _ in
        filtered("city", "city 7").where(Property("branch") == "branch 7")
      },
      Question(name: "in the order of keys") { _, _ in all },
    ]
  }

  private func ask(_ question: Question, _ stores: [Store]) async throws {
    var times = stores.map { _ in [Double]() }
    // In turns, because the speed of the machine varies.
    for round in 0..<Self.rounds {
      for (index, store) in stores.enumerated() {
        let query = question.query(store.count, round).limit(20)
        let start = ContinuousClock.now
        let found = try await store.datastore.query(query).fetch().value
        times[index].append((ContinuousClock.now - start).seconds)
        if found.isEmpty { fatalError("no results") }
      }
    }
    print("  \(question.name)")
    for (store, times) in zip(stores, times) {
      let sorted = times.sorted()
      // On a shared machine the fastest tenth says more.
      print(
        "    of \(store.count): median \(text(sorted[sorted.count / 2] * 1e6)) µs,",
        "fastest tenth \(text(sorted[sorted.count / 10] * 1e6)) µs")
    }
    guard let first = times.first, let last = times.last, times.count > 1 else { return }
    let growth = zip(last, first).map { $0 / $1 }.sorted()
    print("    growth: \(String(format: "%.2f", growth[growth.count / 2])), median of the rounds")
  }

  private func text(_ microseconds: Double) -> String { "\(Int(microseconds))" }

  private func index(_ backend: SQLiteBackend, _ count: Int) async throws {
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

  private func fill(_ backend: SQLiteBackend, _ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, start) in stride(from: 0, to: count, by: 500).enumerated() {
        // The backend writes waiting commits together.
        if number >= 16 { try await group.next() }
        let mutations = (start..<min(start + 500, count)).map {
          Mutation.insert(entity($0, of: count))
        }
        group.addTask { _ = try await backend.commit(mutations) }
      }
      try await group.waitForAll()
    }
  }

  private func entity(_ i: Int, of count: Int) -> Entity {
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

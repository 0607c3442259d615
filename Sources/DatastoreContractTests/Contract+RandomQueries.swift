// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let randomQueryCases: [Case] = (1...6).map { seed in
    Case("Random queries of random entities find what the reference model finds (seed \(seed))") {
      scene in
      var random = RandomQueries(seed: seed, namespace: scene.namespace)
      var model = ReferenceModel([])
      for round in 0..<3 {
        try await change(scene, &model, &random, isFirst: round == 0)
        for _ in 0..<25 { try await compare(scene, .present, model, &random) }
      }
    }
  }

  /// The same at the times of earlier commits, in any order, and in transactions at these times.
  static let randomPastCases: [Case] = (1...4).map { seed in
    Case("Random queries at past times find what the reference model found (seed \(seed))") {
      scene in
      var random = RandomQueries(seed: 100 + seed, namespace: scene.namespace)
      var model = ReferenceModel([])
      var states: [(time: Timestamp, model: ReferenceModel)] = []
      for round in 0..<8 {
        guard let time = try await change(scene, &model, &random, isFirst: round == 0) else {
          throw ContractViolation(expected: "a commit time", found: "none")
        }
        states.append((time, model))
      }
      for _ in 0..<24 {
        let (time, model) = states[random.number(0...states.count - 1)]
        try await comparePast(scene, .past(ReadOptions(readTime: time)), model, &random)
        let transaction = try await scene.begin(.readOnly(asOf: time))
        try await comparePast(scene, .inside(transaction), model, &random)
        // As every caller: a backend may give up, and the transaction ends by itself.
        try? await scene.backend.rollback(transaction)
      }
    }
  }

  private static func comparePast(
    _ scene: ContractScene, _ state: ContractScene.ReadState, _ model: ReferenceModel,
    _ random: inout RandomQueries
  ) async throws {
    try await compare(scene, state, model, &random)
    let stored = Dictionary(model.entities.map { ($0.key, $0) }) { $1 }
    let keys = Set((0..<10).map { _ in random.key() })
    let found = try await scene.lookup(Array(keys), state).found
    let expected = keys.compactMap { stored[$0] }
    try scene.expect(
      Dictionary(found.map { ($0.key, text($0)) }) { $1 },
      equals: Dictionary(expected.map { ($0.key, text($0)) }) { $1 }, "the entities")
  }

  /// An entity as text. In the API's messages, only the elements of an array say whether they are
  /// indexed, so an empty one has lost it.
  private static func text(_ entity: Entity) -> String {
    "\(entity)".replacing("[] (unindexed)", with: "[]")
  }

  /// Writes, overwrites and deletes entities. Returns the time of the commit.
  @discardableResult
  private static func change(
    _ scene: ContractScene, _ model: inout ReferenceModel, _ random: inout RandomQueries,
    isFirst: Bool
  ) async throws -> Timestamp? {
    var mutations: [Key: Mutation] = [:]
    for _ in 0..<(isFirst ? 50 : 15) {
      let entity = random.entity()
      guard let key = entity.key else { continue }
      model.entities.removeAll { $0.key == key }
      if !isFirst, random.chance(3) {
        mutations[key] = .delete(key)
      } else {
        mutations[key] = .upsert(entity)
        model.entities.append(entity)
      }
    }
    return try await scene.backend.commit(Array(mutations.values)).commitTime
  }

  private static func compare(
    _ scene: ContractScene, _ state: ContractScene.ReadState, _ model: ReferenceModel,
    _ random: inout RandomQueries
  ) async throws {
    let request = random.request()
    let expected = model.results(request)
    let found = try await scene.results(request, state).map(\.entity)
    try expectEqual(found, expected, request)

    // The same in pages, each from the cursor of the previous one.
    var paged: [Entity] = []
    var page = request
    page.limit = random.number(1...5)
    while true {
      let items = try await scene.results(page, state)
      paged += items.map(\.entity)
      guard let last = items.last, items.count == page.limit else { break }
      page.startCursor = last.cursor
      page.offset = 0
    }
    var unlimited = request
    unlimited.limit = nil
    try expectEqual(paged, model.results(unlimited), page)

    guard request.projection.isEmpty, request.distinctOn.isEmpty else { return }
    let counts = try await scene.aggregate(
      AggregationRequest(query: request, aggregations: [.count(), .count(upTo: 3)]), state)
    let count = Int64(expected.count)
    try scene.expect(
      counts.values, equals: [.integer(count), .integer(min(3, count))], "the counts of \(request)")
  }

  private static func expectEqual(
    _ found: [Entity], _ expected: [Entity], _ request: QueryRequest
  ) throws {
    let isEqual =
      found.count == expected.count
      && zip(found, expected).allSatisfy { found, expected in
        found.key == expected.key
          && found.properties.count == expected.properties.count
          && expected.properties.allSatisfy { name, property in
            guard let other = found[name] else { return false }
            // Arrays and nested entities are compared by their descriptions. Other values are
            // compared by the order, because a projection may return a timestamp as a number.
            return ReferenceOrder.equal(other, property.value)
              && (property.value.arrayValue == nil || "\(other)" == "\(property.value)")
          }
      }
    guard !isEqual else { return }
    throw ContractViolation(
      expected: "\(expected) of \(request)", found: "\(found)")
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import Synchronization

extension DatastoreContract {
  /// The rules of backends that explain queries.
  public static let explainCases: [Case] = [
    Case("A plan has no results and no statistics, and an analysis has both") { scene in
      try await scene.store(["a": ["n": 1], "b": ["n": 2], "c": ["n": 3]])
      let request = scene.request(.property("n", .greaterThan, 1))
      for analyze in [false, true] {
        let options = ReadOptions(explainOptions: ExplainOptions(analyze: analyze))
        let reply = try await scene.backend.query(request, options: options)
        try scene.expect(reply.items.count, equals: analyze ? 2 : 0, "results")
        let stats = try scene.metrics(reply.explainMetrics).executionStats
        try scene.expect(stats?.resultsReturned, equals: analyze ? 2 : nil, "counted results")
        let sum = try await scene.backend.aggregate(
          AggregationRequest(query: request, aggregations: [.sum("n")]), options: options)
        try scene.expect(sum.values, equals: analyze ? [5] : [], "the sum")
        let counted = try scene.metrics(sum.explainMetrics).executionStats?.resultsReturned
        try scene.expect(counted, equals: analyze ? 1 : nil, "counted aggregations")
      }
    },
    Case("A reply without explain options has no explanation") { scene in
      let reply = try await scene.backend.query(scene.request(), options: ReadOptions())
      try scene.expect(reply.explainMetrics, equals: nil, "no explanation")
    },
    Case("An analysis in a transaction is of its state, and counts as a read") { scene in
      try await scene.store(["a": ["n": 1]])
      try await scene.withDatastore { datastore in
        let query = Query(kind: "Thing").inNamespace(scene.namespace)
        let found = try await datastore.transaction(.readOnly()) { tx in
          let before = try await tx.query(query).count().value
          try await scene.withDatastore { _ = try await $0.put(scene.entity("b")).value }
          let results = try await tx.query(query).explain(analyze: true).value
          let plan = try await tx.query(query).explain().value
          try scene.expect(plan.executionStats, equals: nil, "no statistics of a plan")
          return (before, results.executionStats?.resultsReturned)
        }.value
        // A backend may also abort the transaction, and then both see the other write.
        try scene.expect(
          found.1, equals: found.0, "the results before and after another write")
        let attempts = Attempts()
        try await datastore.transaction { tx in
          _ = try await tx.query(query).explain([.count()], analyze: true).value
          if attempts.next() == 1 {
            try await scene.withDatastore { _ = try await $0.put(scene.entity("c")).value }
          }
          tx.put(scene.entity("d"))
        }.value
        try scene.expect(attempts.next(), equals: 3, "a second attempt after the conflict, and one")
      }
    },
    Case("An analysis at an earlier time is of that time") { scene in
      try await scene.store(["a": ["n": 1], "b": ["n": 2]])
      guard let time = try await scene.backend.commit([.delete(scene.key("a"))]).commitTime else {
        throw ContractViolation(expected: "a commit time", found: "none")
      }
      try await scene.commit(.delete(scene.key("b")))
      try await scene.withDatastore { datastore in
        let query = Query(kind: "Thing").inNamespace(scene.namespace)
        let results = datastore.query(query, options: ReadOptions(readTime: time))
        let metrics = try await results.explain(analyze: true).value
        try scene.expect(metrics.executionStats?.resultsReturned, equals: 1, "the results then")
      }
    },
  ]
}

/// Counts attempts of a transaction.
private final class Attempts: Sendable {
  private let count = Mutex(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

extension ContractScene {
  fileprivate func metrics(_ metrics: ExplainMetrics?) throws(ContractViolation) -> ExplainMetrics {
    if let metrics { return metrics }
    throw ContractViolation(expected: "an explanation", found: "none")
  }
}

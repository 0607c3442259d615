// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import Testing

@testable import DatastoreEngine

/// A cursor belongs to one query: another order, filter or selection has another fingerprint.
@Suite struct QueryFingerprintTests {
  private func request(_ change: (inout QueryRequest) -> Void = { _ in }) -> QueryRequest {
    var request = QueryRequest(kind: "K")
    request.filter = .property("a", .lessThan, 1)
    request.orders = [QueryOrder("a"), QueryOrder("b")]
    change(&request)
    return request
  }

  @Test func `Queries with different results or orders have different fingerprints`() {
    let parts: [QueryFilter] = [.property("a", .equal, 1), .property("b", .equal, 2)]
    let requests = [
      request(), request { $0.kind = "L" }, request { $0.namespace = "n" },
      request { $0.orders = [QueryOrder("a"), QueryOrder("b", .descending)] },
      request { $0.orders = [QueryOrder("b"), QueryOrder("a")] },
      request { $0.orders = [QueryOrder("a")] }, request { $0.orders = [] },
      request { $0.projection = ["a"] }, request { $0.projection = ["a", "b"] },
      request { $0.distinctOn = ["a"] }, request { $0.filter = nil },
      request { $0.filter = .property("a", .lessThanOrEqual, 1) },
      request { $0.filter = .property("b", .lessThan, 1) },
      request { $0.filter = .property("a", .lessThan, 2) },
      request { $0.filter = .property("a", .lessThan, 1.0) },
      request { $0.filter = .ancestor(Key("K", id: 1)) },
      request { $0.filter = .ancestor(Key("K", id: 2)) },
      request { $0.filter = .and(parts) }, request { $0.filter = .or(parts) },
      request { $0.filter = .and(parts.reversed()) },
      request { $0.filter = .property("a", .isIn, [1, 2]) },
      request { $0.filter = .property("a", .isIn, [2, 1]) },
      request { $0.filter = .property("a", .isNotIn, [1, 2]) },
    ]
    let fingerprints = requests.map { QueryFingerprint.of($0) }
    for (place, fingerprint) in fingerprints.enumerated() {
      #expect(fingerprints.firstIndex(of: fingerprint) == place)
    }
  }

  @Test func `Cursors, limit and offset do not change the fingerprint`() {
    let pages = [
      request { $0.limit = 3 }, request { $0.offset = 3 },
      request { $0.startCursor = QueryCursor(bytes: [1]) },
      request { $0.endCursor = QueryCursor(bytes: [1]) },
    ]
    for page in pages { #expect(QueryFingerprint.of(page) == QueryFingerprint.of(request())) }
  }
}

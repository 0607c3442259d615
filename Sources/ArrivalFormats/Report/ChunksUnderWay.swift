// SPDX-License-Identifier: Apache-2.0
package import Arrival

/// A bounded number of futures in flight, whose values are handled in order.
package struct ChunksUnderWay<Value: Sendable> {
  let limit: Int
  let settle: (Value) -> Void
  private var futures: [Future<Value>] = []

  package init(limit: Int, settle: @escaping (Value) -> Void) {
    self.limit = limit
    self.settle = settle
  }

  /// Adds a future. Blocks for the oldest future if more than `limit` are in flight.
  ///
  /// - Throws: The first error, after all other futures have ended. Their results are dropped.
  package mutating func add(_ future: Future<Value>) throws {
    futures.append(future)
    if futures.count > limit { try settleOldest() }
  }

  /// Blocks until all futures have ended.
  ///
  /// - Throws: The first error, as `add`.
  package mutating func finish() throws {
    while !futures.isEmpty { try settleOldest() }
  }

  private mutating func settleOldest() throws {
    switch Result(catching: { try futures.removeFirst().getResult() }) {
    case .success(let value): settle(value)
    case .failure(let error):
      for future in futures { _ = future.getException() }
      futures = []
      throw error
    }
  }
}

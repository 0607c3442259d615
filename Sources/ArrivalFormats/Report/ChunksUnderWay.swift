package import Arrival

/// A few futures under way, settled in order.
package struct ChunksUnderWay<Value: Sendable> {
  let limit: Int
  let settle: (Value) -> Void
  private var futures: [Future<Value>] = []

  package init(limit: Int, settle: @escaping (Value) -> Void) {
    self.limit = limit
    self.settle = settle
  }

  /// Adds a future; blocks for the oldest if there are too many.
  ///
  /// - Throws: The first error; then all the others have ended too, and nobody has to look at them.
  package mutating func add(_ future: Future<Value>) throws {
    futures.append(future)
    if futures.count > limit { try settleOldest() }
  }

  /// Blocks for all that are left.
  ///
  /// - Throws: As `add`.
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

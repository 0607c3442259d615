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
  package mutating func add(_ future: Future<Value>) throws {
    futures.append(future)
    if futures.count > limit { settle(try futures.removeFirst().getResult()) }
  }

  /// Blocks for all that are left.
  package mutating func finish() throws {
    for future in futures { settle(try future.getResult()) }
    futures = []
  }
}
